/*
 * The decision: what to do next so that what is becomes what is asked for. Pure; it runs in a browser too.
 *
 * Read `model.ts`, `plan.ts`, `roll.ts`. Beside the last stand its parts: what must be there before (`prepare.ts`,
 * `wave.ts`), how traffic moves (`shift.ts`), when a rollout goes on or fails (`judge.ts`), and how an instance leaves
 * (`retire.ts`). Of the same steps `preview.ts` makes the future and `status.ts` the sentence for people.
 */
export { assume } from './assume.ts';
export { describeEnd } from './describe-end.ts';
export { isDrained } from './drained.ts';
export * from './model.ts';
export { plan } from './plan.ts';
export { START_PATIENCE_MS } from './prepare.ts';
export { earliest, preview } from './preview.ts';
export { bakesUntil, START_ATTEMPTS } from './roster.ts';
export { short } from './short.ts';
export { describeStep, SERVICE_STATES, type ServiceState, type Status, settled, status } from './status.ts';
export { PROXY, seenOf, unseen } from './turn.ts';
