import type { Decisions, State } from '@islet/control-plane/testing';
import { type Generation, generationOf } from '@islet/plan';

/** What is on the disk, read by nobody who could be killed by it. */
export interface Known {
  readonly applied: State['applied'];
  readonly decisions: Decisions;
}

/**
 * The generation of which a service keeps instances warm, by what is asked for and was decided; undefined: of none, or it
 * can't be said. Where traffic moves with the instances, an old one may be on its way out before the new one is promoted.
 */
export function keptGeneration({ applied, decisions }: Known, service: string, now: number): Generation | undefined {
  const asked = applied.current()?.services.find(({ spec }) => spec.name === service);
  if (asked === undefined || asked.isRollback || asked.restoring || asked.drained?.length) return undefined;
  const { strategy, bakeMs } = asked.spec.rollout;
  if (strategy !== 'canary' && strategy !== 'blue-green') return undefined;
  const { stable, fallback, promotedAt } = decisions.rollouts(service);
  if (stable?.generation !== generationOf(asked.revision, asked.restarts)) return undefined;
  if (fallback === undefined || fallback.revision === stable.revision) return undefined;
  return now >= promotedAt && now < promotedAt + bakeMs ? fallback.generation : undefined;
}
