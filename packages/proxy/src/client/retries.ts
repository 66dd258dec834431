import { type AttemptFailure, decideRetry, retryDelayMs } from '@islet/policy';
import { budgetText } from '../record/reasons.ts';
import type { AttemptsOptions } from './attempts.ts';

/** What is left to be tried of one request: each retry is counted, and charged where it is not free. */
export class Retries {
  readonly #options: AttemptsOptions;
  #charged = 0;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** How long to wait before another attempt, which is counted as a retry; undefined where none may follow. */
  delayMs(failure: AttemptFailure, { replayable, failures }: Standing): number | undefined {
    const { edge, trail, idempotent, policy, runtime } = this.#options;
    const { retry } = policy;
    const now = runtime.now();
    const context = { idempotent, replayable, failures, charged: this.#charged };
    const decision = decideRetry(failure, context, retry);
    if (decision === 'no') return undefined;
    if (decision === 'free' || retry === undefined) {
      edge.counts.retries++;
      if (retry !== undefined) this.#tellFree(failure, now);
      return 0;
    }
    if (!edge.budget.tryRetry(now, retry.budgetPercent)) {
      trail.decided('traffic.retry.budget', budgetText(edge.budget, retry), now);
      return undefined;
    }
    this.#charged++;
    edge.counts.retries++;
    const nth = `retry ${this.#charged} of ${retry.attempts} after ${failure.kind}`;
    trail.decided('traffic.retry', `${nth}; budget ${budgetText(edge.budget, retry)}`, now);
    return retryDelayMs(this.#charged, { backoff: retry.backoff, dice: runtime.dice });
  }

  #tellFree({ kind }: AttemptFailure, now: number): void {
    const { trail } = this.#options;
    const why = `again after ${kind}, which costs nothing of the budget`;
    // Instances close kept connections every day.
    if (kind === 'stale') trail.noted('traffic.retry', why, now);
    else trail.decided('traffic.retry', why, now);
  }
}

interface Standing {
  /** The whole body up to now is still at hand. */
  readonly replayable: boolean;
  /** Attempts that failed. */
  readonly failures: number;
}
