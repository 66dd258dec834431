import type { Answer, PlannedStep } from '@islet/client/browser';

export interface PlanGroup {
  readonly service: string;
  readonly steps: readonly (PlannedStep & { readonly order: number })[];
  readonly blocked: readonly string[];
}

/** Steps by service, in the order in which each service is first touched; each keeps its place in the whole. */
export function planGroups({ steps, blocked }: Pick<Answer<'plan'>, 'steps' | 'blocked'>): readonly PlanGroup[] {
  const groups = new Map<string, (PlannedStep & { readonly order: number })[]>();
  for (const [index, step] of steps.entries()) {
    groups.set(step.service, [...(groups.get(step.service) ?? []), { ...step, order: index + 1 }]);
  }
  for (const service of Object.keys(blocked)) if (!groups.has(service)) groups.set(service, []);
  return [...groups].map(([service, own]) => ({ service, steps: own, blocked: blocked[service] ?? [] }));
}
