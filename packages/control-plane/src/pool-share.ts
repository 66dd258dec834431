import { shiftSteps } from './shift-steps.ts';
import type { LaunchSpec } from './store/applied.ts';

/**
 * Connections that one instance's pool may open, so that all of them together fit the store: also in a rollout, when spare
 * instances run beside those that they replace. At least one, since a pool of none can't serve.
 */
export function poolShare({ connections, instances, surge }: PoolShare): number {
  return Math.max(1, Math.floor(connections / Math.max(1, instances + surge)));
}

export interface PoolShare {
  /** What the service may have open to its store. */
  readonly connections: number;
  /** The most that may run. */
  readonly instances: number;
  /** Spare ones of a rollout. */
  readonly surge: number;
}

/**
 * What may run at once of a service, of which a person may have asked for more than its file does. Where traffic moves by weight,
 * both revisions run whole.
 */
export function mostAtOnce(
  { scale, rollout }: Pick<LaunchSpec, 'scale' | 'rollout'>,
  wanted = 0,
): Pick<PoolShare, 'instances' | 'surge'> {
  const instances = Math.max(scale.max, wanted);
  return { instances, surge: shiftSteps(rollout).length > 0 ? instances : rollout.maxSurge };
}
