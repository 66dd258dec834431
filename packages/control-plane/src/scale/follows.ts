import type { ScaleSpec } from '@islet/spec';
import type { AppliedService } from '../store/applied.ts';

/** A service whose number follows something, and nobody has asked for another. */
export function isAutoscaled({ spec, scaledFrom }: AppliedService): boolean {
  return scaledFrom === undefined && followsSomething(spec.scale);
}

export function followsSomething({ targets, schedule, zero }: ScaleSpec): boolean {
  return targets.length > 0 || schedule.length > 0 || zero !== undefined;
}
