import type { BreakerSpec } from '@islet/spec';
import { type Cells, ownCells } from './cells.ts';

/**
 * A circuit breaker for one caller and one service (Nygard, "Release It!"; parameters as in resilience4j).
 *
 * Closed, calls flow and their results are counted over a window. When enough of enough calls have failed, it opens:
 * calls are refused at once, so that the caller does not wait for what will fail, and the service gets time. Then it is
 * half-open: a few calls are let through. If all succeed it closes; if one fails it opens again, for twice as long.
 *
 * A service that answers, but so late that its callers come to nothing with it, fails in no call. Where a file says
 * from when on a call is slow, slow ones are counted beside those that fail, and a slow one that was to find out has
 * found that it is no better.
 *
 * Results come late: a call that began before the breaker opened says nothing of the probes. So each change of state
 * begins a new generation, a call carries the one that it began in, and results of another one are dropped.
 */
export class Breaker {
  readonly #cells: Cells;

  constructor(cells: Cells = ownCells(BREAKER_CELLS)) {
    this.#cells = cells;
  }

  /** Half-open from the moment when a call may find out. */
  stateAt(now: number): BreakerState {
    const kind = this.#at(KIND);
    if (kind === CLOSED) return 'closed';
    return kind === HALF_OPEN || now >= this.#at(UNTIL) ? 'half-open' : 'open';
  }

  /** The generation that a call begins in, for `record` or `release`; undefined: it is refused. */
  admit(now: number, { halfOpen }: BreakerSpec): number | undefined {
    if (this.#at(KIND) === CLOSED) return this.#at(BREAKER_GENERATION);
    if (this.#at(KIND) === OPEN) {
      if (now < this.#at(UNTIL)) return undefined;
      this.#become(HALF_OPEN);
      this.#cells[BREAKER_PROBES] = 0;
      this.#cells[SUCCESSES] = 0;
    }
    if (this.#at(BREAKER_PROBES) >= halfOpen) return undefined;
    this.#add(BREAKER_PROBES, 1);
    return this.#at(BREAKER_GENERATION);
  }

  /** What opened it: of the calls of a window, or the one that was to find out. */
  get openedBy(): OpenedBy | undefined {
    const calls = this.#at(OPENED_BY_CALLS);
    const count = this.#at(OPENED_BY_COUNT);
    if (calls > 0) return count < 0 ? { kind: 'slow', slow: -count, calls } : { kind: 'calls', failures: count, calls };
    return calls < 0 ? { kind: 'probe' } : undefined;
  }

  /** How long until a call may find out; 0 where one may, or is at it. */
  refusedForMs(now: number): number {
    return this.#at(KIND) === OPEN ? Math.max(0, this.#at(UNTIL) - now) : 0;
  }

  /** A call has ended; returns whether that opens the breaker. */
  record(generation: number, result: CallResult, spec: BreakerSpec): boolean {
    const { failed, slow, now } = result;
    if (generation !== this.#at(BREAKER_GENERATION)) return false;
    if (this.#at(KIND) === HALF_OPEN) return this.#recordProbe(result, spec);
    this.#advance(now, spec.windowMs / SLOTS);
    const slot = this.#at(SLOT) % SLOTS;
    this.#add(CALLS + slot, 1);
    this.#add(ALL_CALLS, 1);
    if (failed) {
      this.#add(FAILURES + slot, 1);
      this.#add(ALL_FAILURES, 1);
    }
    if (slow) {
      this.#add(SLOW + slot, 1);
      this.#add(ALL_SLOW, 1);
    }
    if ((!failed && !slow) || this.#at(ALL_CALLS) < spec.minCalls) return false;
    if (this.#reaches(ALL_FAILURES, spec.failureRatePercent)) this.#openedBy('failures', ALL_FAILURES);
    else if (spec.slow !== undefined && this.#reaches(ALL_SLOW, spec.slow.ratePercent))
      this.#openedBy('slow', ALL_SLOW);
    else return false;
    this.#open(spec.openMs, now);
    return true;
  }

  /** A call has ended without a verdict: its caller left, or no instance was there to ask. */
  release(generation: number): void {
    if (this.isProbe(generation)) this.#add(BREAKER_PROBES, -1);
  }

  /** Whether a call of this generation is one that is to find out. */
  isProbe(generation: number): boolean {
    return generation === this.#at(BREAKER_GENERATION) && this.#at(KIND) === HALF_OPEN;
  }

  /** Something has changed that makes it worth finding out now. */
  hope(now: number): void {
    if (this.#at(KIND) === OPEN) this.#cells[UNTIL] = Math.min(now, this.#at(UNTIL));
  }

  #recordProbe({ failed, slow, now }: CallResult, { halfOpen, maxOpenMs }: BreakerSpec): boolean {
    if (failed || slow) {
      this.#cells[OPENED_BY_CALLS] = -1;
      this.#open(Math.min(this.#at(OPEN_FOR) * 2, maxOpenMs), now);
      return true;
    }
    this.#add(SUCCESSES, 1);
    if (this.#at(SUCCESSES) < halfOpen) return false;
    this.#forget();
    this.#become(CLOSED);
    return false;
  }

  #reaches(all: number, ratePercent: number): boolean {
    const count = this.#at(all);
    return count > 0 && count * 100 >= ratePercent * this.#at(ALL_CALLS);
  }

  #openedBy(what: 'failures' | 'slow', all: number): void {
    this.#cells[OPENED_BY_CALLS] = this.#at(ALL_CALLS);
    this.#cells[OPENED_BY_COUNT] = what === 'slow' ? -this.#at(all) : this.#at(all);
  }

  #open(forMs: number, now: number): void {
    this.#become(OPEN);
    this.#cells[OPEN_FOR] = forMs;
    this.#cells[UNTIL] = now + forMs;
  }

  #become(kind: number): void {
    this.#cells[KIND] = kind;
    this.#add(BREAKER_GENERATION, 1);
  }

  /** A slot is forgotten as a whole. Another window begins from nothing. */
  #advance(now: number, slotMs: number): void {
    const slot = Math.floor(now / slotMs);
    if (slotMs !== this.#at(SLOT_MS)) {
      this.#forget();
      this.#cells[SLOT_MS] = slotMs;
      this.#cells[SLOT] = slot;
    }
    const passed = Math.min(slot - this.#at(SLOT), SLOTS);
    for (let step = 0; step < passed; step++) {
      const index = (slot - step) % SLOTS;
      this.#add(ALL_CALLS, -this.#at(CALLS + index));
      this.#add(ALL_FAILURES, -this.#at(FAILURES + index));
      this.#add(ALL_SLOW, -this.#at(SLOW + index));
      this.#cells[CALLS + index] = 0;
      this.#cells[FAILURES + index] = 0;
      this.#cells[SLOW + index] = 0;
    }
    if (passed > 0) this.#cells[SLOT] = slot;
  }

  #forget(): void {
    this.#cells.fill(0, ALL_CALLS, BREAKER_CELLS);
  }

  #at(cell: number): number {
    return this.#cells[cell] ?? 0;
  }

  #add(cell: number, count: number): void {
    this.#cells[cell] = (this.#cells[cell] ?? 0) + count;
  }
}

/** How a call went. */
export interface CallResult {
  readonly failed: boolean;
  /** It took longer than `slow.afterMs`, whatever came of it. */
  readonly slow: boolean;
  readonly now: number;
}

/** Why a breaker is open. */
export type OpenedBy =
  | { readonly kind: 'calls'; readonly failures: number; readonly calls: number }
  | { readonly kind: 'slow'; readonly slow: number; readonly calls: number }
  | { readonly kind: 'probe' };

/** Closed: calls flow. Open: they are refused. Half-open: a few find out. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Closed: calls flow. Open: they are refused until `UNTIL`. Half-open: a few are let through to find out. */
const CLOSED = 0;
const OPEN = 1;
const HALF_OPEN = 2;

const SLOTS = 10;

/** The cells. */
const KIND = 0;
export const BREAKER_GENERATION = 1;
/** Open: for how long, and until when; half-open: how long it was open before. */
const OPEN_FOR = 2;
const UNTIL = 3;
/** Calls that were let through to find out, and have not been given back. */
export const BREAKER_PROBES = 4;
const SUCCESSES = 5;
/** -1: it was a call that was to find out. */
const OPENED_BY_CALLS = 6;
/** Those that failed; below 0: those that were slow. */
const OPENED_BY_COUNT = 7;
const SLOT = 8;
const SLOT_MS = 9;
const ALL_CALLS = 10;
const ALL_FAILURES = 11;
const ALL_SLOW = 12;
const CALLS = 13;
const FAILURES = CALLS + SLOTS;
const SLOW = FAILURES + SLOTS;
export const BREAKER_CELLS = SLOW + SLOTS;

/** Statuses that say that the service itself could not be had; any other, 500 too, is an answer. */
export function isUnavailable(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
