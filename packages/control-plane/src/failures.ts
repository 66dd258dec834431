import type { DriverError } from '@islet/driver';
import { generationOf, type Step } from '@islet/plan';
import { type Hands, recordFailure, wantedOf } from './execute.ts';

/** A rollout's step that failed this often in a row is given up; what runs already is tried for ever. */
const ATTEMPTS = 3;

/**
 * What becomes of a step that failed. It is tried again with back-off in any case; but a rollout that can't get its store
 * or its process is given up after a few attempts, at once where trying again can't help, so that whoever waits for it
 * is told. A step for an older generation, which goes on serving meanwhile, is no failure of the rollout.
 */
export function giveUp(step: Step, error: DriverError, { attempt, hands }: { attempt: number; hands: Hands }): void {
  if (!isOfRollout(step)) return;
  if (error.retryable && attempt < ATTEMPTS) return;
  const wanted = wantedOf(step.service, hands);
  if (wanted === undefined) return;
  const { revision } = wanted;
  const generation = generationOf(revision, wanted.restarts);
  if ('revision' in step && step.revision !== revision) return;
  if ('generation' in step && step.generation !== generation) return;
  const { stable, failed } = hands.decisions.rollouts(step.service);
  if (stable?.generation === generation || failed.has(generation)) return;
  recordFailure(hands, { service: step.service, revision, step: step.kind, reason: error.advice, log: [] });
}

type RolloutStep = Extract<Step, { kind: 'build' | 'provision' | 'migrate' | 'start' }>;

function isOfRollout(step: Step): step is RolloutStep {
  return step.kind === 'build' || step.kind === 'provision' || step.kind === 'migrate' || step.kind === 'start';
}
