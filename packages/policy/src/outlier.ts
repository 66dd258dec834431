import type { OutlierSpec } from '@islet/spec';
import { isUnavailable } from './breaker.ts';
import { type Cells, ownCells } from './cells.ts';
import type { Tally } from './sequential.ts';

/**
 * Outlier detection: an instance that fails while others answer is taken out of the choice for a while, and comes back
 * by one real request.
 *
 * The field's defaults (Envoy: 5 errors in a row, 30 s out, at most 10 % of the instances, a sweep every 10 s) are made
 * for a hundred instances: with two, 10 % is nobody. Here one may always be out where there are two, the time is short,
 * and doubt ends with evidence: when the time is over, one request goes there, and its answer decides.
 *
 * An instance can also fail without an error: it hangs. Its requests would wait for their timeouts one by one, and each
 * new one with them. So a request whose first byte is long overdue is held against it, where siblings have answered
 * since that request was sent, and it has answered nothing. A slow request alone proves nothing: the same instance
 * answers others meanwhile. Such a request is asked again elsewhere where it may be, and an answer in time clears the
 * instance at once; a late one does not, or an instance that has become slow would be trusted anew with each of its
 * answers.
 *
 * And it can fail now and then: each second request, say, which is never so many in a row. So the share of requests
 * that fail is held against that of its siblings (gRFC A50, Envoy's `failure_percentage`). Where they fail nearly as
 * often, it is not the instance, and to eject it would help nobody.
 *
 * Whoever asks counts: how many are out, and who is last, is for the caller of `eject` to know.
 */
export class Standing {
  readonly #cells: Cells;

  constructor(cells: Cells = ownCells(STANDING_CELLS)) {
    this.#cells = cells;
  }

  get isOut(): boolean {
    return this.#at(EJECTED_FOR) !== IN;
  }

  /** It is out because a request to it hung. */
  get hangs(): boolean {
    return this.#at(EJECTED_FOR) === STALLED;
  }

  /** How long it is out, of the last time. */
  get outForMs(): number {
    return this.#at(OUT_FOR);
  }

  get answeredAt(): number {
    return this.#at(HAS_ANSWERED) === 0 ? Number.NEGATIVE_INFINITY : this.#at(ANSWERED_AT);
  }

  /** It has begun to answer, and it is not told yet how the answer ends: it doesn't hang. */
  onFirstByte({ now, isProbe, isLate }: Answer): void {
    this.#answered(now);
    if (!isLate && (isProbe || this.hangs)) this.#return(now);
  }

  /** The head of a response has come. `isLate`: after it was overdue. */
  onAnswer(status: number, { now, isProbe, isLate }: Answer): void {
    this.#answered(now);
    this.#count(now, status >= 500);
    if (status < 500) {
      this.#cells[ERRORS] = 0;
      this.#cells[GATEWAY_ERRORS] = 0;
      if (!isLate && (isProbe || this.hangs)) this.#return(now);
      return;
    }
    this.#cells[ERRORS] = this.#at(ERRORS) + 1;
    this.#cells[GATEWAY_ERRORS] = isUnavailable(status) ? this.#at(GATEWAY_ERRORS) + 1 : 0;
  }

  /** No response came, and that is the instance's doing. */
  onFailure(now: number): void {
    this.#count(now, true);
    this.#cells[ERRORS] = this.#at(ERRORS) + 1;
    this.#cells[GATEWAY_ERRORS] = this.#at(GATEWAY_ERRORS) + 1;
  }

  /** Why it is due to be ejected by its errors in a row. */
  due({ consecutive5xx, consecutiveGateway }: OutlierSpec): OutlierCause | undefined {
    if (this.isOut) return undefined;
    if (this.#at(GATEWAY_ERRORS) >= consecutiveGateway) return 'gateway';
    return this.#at(ERRORS) >= consecutive5xx ? '5xx' : undefined;
  }

  /** Its requests that have ended within the window of `OUTLIER_RATE`. */
  tally(now: number): Tally {
    const oldest = Math.floor(now / RATE_SLOT_MS) - RATE_SLOTS;
    let [bad, all] = [0, 0];
    for (let cell = RATE; cell < STANDING_CELLS; cell += RATE_CELLS) {
      if (this.#at(cell) <= oldest) continue;
      all += this.#at(cell + 1);
      bad += this.#at(cell + 2);
    }
    return { bad, all };
  }

  /** Out for `base` × how often in a row, plus up to half of it, so that instances don't come back together. */
  eject(cause: OutlierCause, { baseMs, maxMs }: OutlierSpec, { now, dice }: Chance): void {
    const cells = this.#cells;
    const wasWell = !this.isOut && now - this.#at(RETURNED_AT) > maxMs;
    const times = wasWell ? 1 : this.#at(TIMES) + 1;
    const forMs = Math.min(baseMs * times * (1 + dice() / 2), maxMs);
    cells[TIMES] = times;
    cells[EJECTED_FOR] = cause === 'stall' ? STALLED : FAILED;
    cells[OUT_FOR] = forMs;
    cells[OUT_UNTIL] = now + forMs;
    cells[STANDING_PROBING] = 0;
    cells[ERRORS] = 0;
    cells[GATEWAY_ERRORS] = 0;
    cells.fill(0, RATE, STANDING_CELLS);
  }

  /**
   * Whether this request may find out if it is well again; at most one does at a time. A request that can't be repeated
   * is risked only when none that can has come for as long again.
   */
  tryProbe(now: number, { idempotent }: { readonly idempotent: boolean }): boolean {
    const may = this.mayProbe(now, { idempotent });
    if (may) this.#cells[STANDING_PROBING] = probeAt(now);
    return may;
  }

  /** Whether `tryProbe` would say yes. */
  mayProbe(now: number, { idempotent }: { readonly idempotent: boolean }): boolean {
    if (!this.isOut || this.#at(STANDING_PROBING) !== 0) return false;
    return now >= this.#at(OUT_UNTIL) + (idempotent ? 0 : this.#at(OUT_FOR));
  }

  /**
   * The probe that began then has ended; without a verdict, another one may go. After one, it may end when another is
   * under way.
   */
  endProbe(beganAt: number): void {
    if (this.#at(STANDING_PROBING) === probeAt(beganAt)) this.#cells[STANDING_PROBING] = 0;
  }

  /** The policy was switched off. */
  clear(): void {
    this.#cells[EJECTED_FOR] = IN;
  }

  #answered(now: number): void {
    this.#cells[HAS_ANSWERED] = 1;
    this.#cells[ANSWERED_AT] = now;
  }

  #count(now: number, failed: boolean): void {
    const cells = this.#cells;
    const slot = Math.floor(now / RATE_SLOT_MS);
    const cell = RATE + (slot % RATE_SLOTS) * RATE_CELLS;
    if (this.#at(cell) !== slot) {
      cells[cell] = slot;
      cells[cell + 1] = 0;
      cells[cell + 2] = 0;
    }
    cells[cell + 1] = this.#at(cell + 1) + 1;
    if (failed) cells[cell + 2] = this.#at(cell + 2) + 1;
  }

  #return(now: number): void {
    this.#cells[EJECTED_FOR] = IN;
    this.#cells[RETURNED_AT] = now;
  }

  #at(cell: number): number {
    return this.#cells[cell] ?? 0;
  }
}

export type OutlierCause = '5xx' | 'gateway' | 'rate' | 'stall';

export interface Answer {
  readonly now: number;
  readonly isProbe: boolean;
  readonly isLate: boolean;
}

interface Chance {
  readonly now: number;
  readonly dice: () => number;
}

/**
 * Whether an instance is due to be ejected by the share of its requests that fail, which must be twice that of its
 * siblings; and there must be enough requests on both sides to tell.
 */
export function failsMore(own: Tally, siblings: Tally, { failureRatePercent, minCalls }: OutlierSpec): boolean {
  if (own.all < minCalls || siblings.all < minCalls) return false;
  const share = own.bad / own.all;
  return share * 100 >= failureRatePercent && share >= SIBLINGS_FACTOR * (siblings.bad / siblings.all);
}

const SIBLINGS_FACTOR = 2;

/** Whether one more may go: one of two always, `maxPercent` of more, and never the last that is well. */
export function mayEject({ total, out, othersWell }: Group, { maxPercent }: OutlierSpec): boolean {
  return othersWell > 0 && out < Math.max(1, Math.floor((total * maxPercent) / 100));
}

export interface Group {
  readonly total: number;
  readonly out: number;
  /** Others that are in and take connections. */
  readonly othersWell: number;
}

const STALL = { leastMs: 1_000, factor: 4 } as const;

/**
 * When a request's first byte is overdue: by the 99th percentile of the siblings; undefined: they have answered
 * nothing.
 */
export function stallAfterMs(siblingsP99Ms: number | undefined): number {
  return siblingsP99Ms === undefined ? Number.POSITIVE_INFINITY : Math.max(STALL.leastMs, STALL.factor * siblingsP99Ms);
}

const IN = 0;
const FAILED = 1;
const STALLED = 2;

/** The cells. */
const ERRORS = 0;
const GATEWAY_ERRORS = 1;
const HAS_ANSWERED = 2;
const ANSWERED_AT = 3;
const EJECTED_FOR = 4;
const OUT_FOR = 5;
const OUT_UNTIL = 6;
/** When the request began that finds out, plus one; 0: there is none. */
export const STANDING_PROBING = 7;
/** How often in a row it was ejected. */
const TIMES = 8;
const RETURNED_AT = 9;
/** Slots of the window: which one it is, calls, failures. */
const RATE = 10;
const RATE_CELLS = 3;
const RATE_SLOTS = 6;
export const STANDING_CELLS = RATE + RATE_SLOTS * RATE_CELLS;

export const OUTLIER_RATE = { windowMs: 30_000 } as const;
const RATE_SLOT_MS = OUTLIER_RATE.windowMs / RATE_SLOTS;

/** What stands for a probe that began then. */
function probeAt(now: number): number {
  return now + 1;
}
