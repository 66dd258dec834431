import type { Observed } from '@islet/plan';
import type { Guarantee } from '@islet/supervise';
import { crashLoopWarnings } from './crash-loops.ts';
import { developmentWarnings } from './development/gateway.ts';
import type { Journal } from './journal.ts';
import type { Applied } from './store/applied.ts';
import { unheldOf } from './unheld.ts';

export interface WarningSources {
  readonly guarantees: readonly Guarantee[];
  readonly journal: Pick<Journal, 'problem'>;
  readonly stateFolder: string;
  /** Undefined: nobody has looked yet. */
  readonly observed: Observed | undefined;
  readonly applied: Applied | undefined;
}

/** What is not as it should be with the system as a whole, the most urgent first. */
export function systemWarnings({
  guarantees,
  journal,
  stateFolder,
  observed,
  applied,
}: WarningSources): readonly string[] {
  const why = journal.problem();
  return [
    ...(why === undefined
      ? []
      : [`nothing can be recorded in ${stateFolder}, and nothing that is asked for is kept: ${why}`]),
    ...(observed === undefined ? [] : crashLoopWarnings(observed)),
    ...(applied === undefined ? [] : developmentWarnings(applied)),
    ...unheldOf(guarantees),
  ];
}
