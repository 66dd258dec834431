import type { PlanPreview } from '@islet/client';
import type { Colors } from 'picocolors/types.js';

/** What `up` would do, by service, in the order of the plan. */
export function renderPlan(plan: PlanPreview, colours: Colors): string[] {
  const byService = Map.groupBy(plan.steps, (step) => step.service);
  const changes = [...byService].flatMap(([service, steps]) => [
    colours.bold(service),
    ...steps.map((step) => `  ${colours.cyan(step.kind)}  ${step.text}`),
  ]);
  const blocked = Object.entries(plan.blocked).flatMap(([service, reasons]) =>
    reasons.map((reason) => `${colours.yellow(`${service}: blocked`)}: ${reason}`),
  );
  return [
    ...changes,
    ...blocked,
    ...plan.warnings.map((warning) => `${colours.yellow('warning:')} ${warning}`),
    summary(plan, byService.size),
  ];
}

function summary({ steps, unchanged }: PlanPreview, touched: number): string {
  if (steps.length === 0) return 'Nothing would change.';
  const left = unchanged.length > 0 ? `; unchanged: ${unchanged.join(', ')}` : '';
  return `${steps.length} ${steps.length === 1 ? 'step' : 'steps'} in ${touched} ${touched === 1 ? 'service' : 'services'}${left}.`;
}
