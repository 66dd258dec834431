export { INVARIANTS, type Invariant } from './auditor.ts';
export { type Outcome, runSeed } from './run.ts';
