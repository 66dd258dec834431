import { assume } from './assume.ts';
import type { Desired, Observed, Step } from './model.ts';
import { plan } from './plan.ts';

/** A plan longer than this does not converge, which would be a defect. */
const TURNS = 10_000;

/**
 * All steps from here to the end, in order, if each succeeds: what `islet plan` shows. Waits are passed by moving the
 * clock, and left out.
 *
 * @throws when the plan does not converge.
 */
export function preview(desired: Desired, observed: Observed, now: number): Step[] {
  const steps: Step[] = [];
  let world: Observed = { ...observed, held: {} };
  let clock = now;
  for (let turn = 0; turn < TURNS; turn++) {
    const next = plan(desired, world, clock);
    const effects = next.filter(({ kind }) => kind !== 'wait');
    for (const step of effects) world = assume(step, world, clock);
    steps.push(...effects);
    if (effects.length > 0) continue;
    const wakeAt = earliest(next);
    if (wakeAt === undefined || wakeAt <= clock) return steps;
    clock = wakeAt;
  }
  throw new Error(`the plan did not converge within ${TURNS} turns`);
}

/** When to look again at the latest; undefined: only when something is observed. */
export function earliest(steps: readonly Step[]): number | undefined {
  const instants = steps.flatMap((step) => (step.kind === 'wait' && step.until !== undefined ? [step.until] : []));
  return instants.length === 0 ? undefined : Math.min(...instants);
}
