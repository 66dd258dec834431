import type { ShiftStep } from '@islet/plan';
import type { RolloutSpec } from '@islet/spec';

/** The steps by which traffic moves to a new revision; none: it moves with the instances. */
export function shiftSteps(rollout: RolloutSpec): readonly ShiftStep[] {
  const { strategy, steps, holdMs, mirrorPercent, autoPromote, analysis } = rollout;
  const requests = analysis?.requests ?? 0;
  const atFewest = analysis?.tooFew === 'pause' ? 'too-few' : 'never';
  switch (strategy) {
    case 'rolling':
    case 'recreate':
      return [];
    case 'blue-green':
      return [{ percent: 0, mirrorPercent: 0, holdMs, requests, byHand: autoPromote ? atFewest : 'always' }];
    case 'canary': {
      const copies: ShiftStep = { percent: 0, mirrorPercent, holdMs, requests, byHand: atFewest };
      const shares = steps.map(
        ({ percent, holdMs, byHand }): ShiftStep => ({
          percent,
          holdMs,
          requests,
          mirrorPercent: 0,
          byHand: byHand ? 'always' : atFewest,
        }),
      );
      return mirrorPercent > 0 ? [copies, ...shares] : shares;
    }
  }
}
