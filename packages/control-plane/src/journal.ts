import type { Clock } from './clock.ts';
import type { Decision, Decisions } from './store/decisions.ts';

/** What is waiting to be recorded; beyond it the oldest is let go. A crash loop on a full disk must not fill the memory too. */
const MOST = 1_000;
/** While the disk takes nothing. */
const RETRY_MS = 5_000;

/**
 * Records what was learnt, and what no step depends on. A disk that takes nothing must not keep a turn from going on: a
 * dead instance has to leave traffic, recorded or not. What could not be written waits, and its trouble is told meanwhile.
 */
export interface Journal {
  add(decision: Decision): void;
  /** At the end of a turn: a durable write takes longer than to take a dead instance out of traffic. */
  write(): void;
  /** Why what happened is not on disk; undefined: it is. */
  problem(): string | undefined;
}

export interface JournalParts {
  readonly decisions: Pick<Decisions, 'record'>;
  readonly clock: Clock;
  readonly onRecorded: (decision: Decision) => void;
  readonly onTrouble: (error: Error) => void;
  /** It is time to try again. */
  readonly onRetry: () => void;
}

export function createJournal({ decisions, clock, onRecorded, onTrouble, onRetry }: JournalParts): Journal {
  const waiting: { readonly decision: Decision; readonly at: number }[] = [];
  let problem: string | undefined;
  let retry: Disposable | undefined;

  const fail = (error: unknown) => {
    const { message } = error instanceof Error ? error : new Error(String(error));
    if (problem !== message) onTrouble(new Error(message));
    problem = message;
    // One for all turns: each of them would begin turns of its own, again and again.
    retry?.[Symbol.dispose]();
    retry = clock.after(RETRY_MS, onRetry, { background: true });
  };

  return {
    add: (decision) => {
      waiting.push({ decision, at: clock.now() });
      if (waiting.length > MOST) waiting.shift();
    },
    write: () => {
      try {
        for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
          decisions.record(next.decision, next.at);
          waiting.shift();
          onRecorded(next.decision);
        }
        problem = undefined;
      } catch (error) {
        fail(error);
      }
    },
    problem: () => problem,
  };
}
