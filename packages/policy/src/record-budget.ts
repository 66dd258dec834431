import type { AccessLogSpec } from '@islet/spec';
import type { KeptBecause } from './request-record.ts';

/** What is known of a request when it is over. */
export interface Ended {
  /** A caller that may ask for the record did. */
  readonly asked: boolean;
  /** An error of the proxy's own, or a status of 500 or more. */
  readonly failed: boolean;
  /** A rule changed what became of it. */
  readonly decided: boolean;
  readonly totalMs: number;
}

/**
 * Which requests are written to the access log. Whatever a person would ask about is kept: what was asked for, failed,
 * was decided by a rule, or was slow. Of the rest, which is nearly all, some each second are kept as samples.
 *
 * In an outage all requests fail. A log of each of them would take the processor from the service that recovers, and
 * push the beginning of the trouble, which says most, out of a log of bounded size. So the kept ones have a budget too,
 * wide enough for any trouble of a small system; what is over it is counted. Both budgets begin anew with each second.
 */
export class RecordBudget {
  #second = -1;
  #samples = 0;
  #notable = 0;
  #dropped = 0;

  /** Records that were worth keeping and are not kept, for want of budget. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Why this request is kept; undefined: it is not. `now` is in milliseconds. */
  take(ended: Ended, now: number, spec: AccessLogSpec): KeptBecause | undefined {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#samples = 0;
      this.#notable = 0;
    }
    const notable = whyNotable(ended, spec);
    if (notable === undefined) return this.#samples++ < spec.sample ? 'sample' : undefined;
    if (this.#notable++ < NOTABLE_PER_SECOND) return notable;
    this.#dropped++;
    return undefined;
  }
}

/** At 500 bytes a line, a log of 64 MiB holds the first two minutes of the worst outage. */
export const NOTABLE_PER_SECOND = 1_000;

function whyNotable({ asked, failed, decided, totalMs }: Ended, { slowMs }: AccessLogSpec): KeptBecause | undefined {
  if (asked) return 'asked';
  if (failed) return 'error';
  if (decided) return 'decision';
  return totalMs >= slowMs ? 'slow' : undefined;
}
