import type { BreakerSpec } from '@islet/spec';

/**
 * A circuit breaker for one caller and one service (Nygard, "Release It!"; parameters as in resilience4j).
 *
 * Closed, calls flow and their results are counted over a window. When enough of enough calls have failed, it opens: calls
 * are refused at once, so that the caller does not wait for what will fail, and the service gets time. Then it is
 * half-open: a few calls are let through. If all succeed it closes; if one fails it opens again, for twice as long.
 *
 * Results come late: a call that began before the breaker opened says nothing of the probes. So each change of state begins
 * a new generation, a call carries the one that it began in, and results of another one are dropped.
 */
export class Breaker {
  readonly #calls = new Float64Array(SLOTS);
  readonly #failures = new Float64Array(SLOTS);
  #totalCalls = 0;
  #totalFailures = 0;
  #slot = 0;
  #slotMs = 0;
  #state: State = CLOSED;
  #generation = 1;
  #openedBy: OpenedBy | undefined;

  /** Half-open from the moment when a call may find out. */
  stateAt(now: number): BreakerState {
    return this.#state.kind === 'open' && now >= this.#state.until ? 'half-open' : this.#state.kind;
  }

  /** The generation that a call begins in, for `record` or `release`; undefined: it is refused. */
  admit(now: number, { halfOpen }: BreakerSpec): number | undefined {
    if (this.#state.kind === 'closed') return this.#generation;
    if (this.#state.kind === 'open') {
      if (now < this.#state.until) return undefined;
      this.#become({ kind: 'half-open', forMs: this.#state.forMs, admitted: 0, successes: 0 });
    }
    if (this.#state.kind !== 'half-open' || this.#state.admitted >= halfOpen) return undefined;
    this.#state.admitted++;
    return this.#generation;
  }

  /** What opened it: of the calls of a window, or the one that was to find out. */
  get openedBy(): OpenedBy | undefined {
    return this.#openedBy;
  }

  /** How long until a call may find out; 0 where one may, or is at it. */
  refusedForMs(now: number): number {
    return this.#state.kind === 'open' ? Math.max(0, this.#state.until - now) : 0;
  }

  /** A call has ended; returns whether that opens the breaker. */
  record(
    generation: number,
    { failed, now }: { readonly failed: boolean; readonly now: number },
    spec: BreakerSpec,
  ): boolean {
    if (generation !== this.#generation) return false;
    if (this.#state.kind === 'half-open') return this.#recordProbe(this.#state, { failed, now }, spec);
    this.#advance(now, spec.windowMs / SLOTS);
    const slot = this.#slot % SLOTS;
    this.#calls[slot] = (this.#calls[slot] ?? 0) + 1;
    this.#totalCalls++;
    if (failed) {
      this.#failures[slot] = (this.#failures[slot] ?? 0) + 1;
      this.#totalFailures++;
    }
    const isTooMuch = this.#totalFailures * 100 >= spec.failureRatePercent * this.#totalCalls;
    if (this.#totalFailures === 0 || this.#totalCalls < spec.minCalls || !isTooMuch) return false;
    this.#openedBy = { kind: 'calls', failures: this.#totalFailures, calls: this.#totalCalls };
    this.#open(spec.openMs, now);
    return true;
  }

  /** A call has ended without a verdict: its caller left, or no instance was there to ask. */
  release(generation: number): void {
    if (generation === this.#generation && this.#state.kind === 'half-open') this.#state.admitted--;
  }

  /** Something has changed that makes it worth finding out now. */
  hope(now: number): void {
    if (this.#state.kind === 'open' && now < this.#state.until) this.#state = { ...this.#state, until: now };
  }

  #recordProbe(
    state: HalfOpen,
    { failed, now }: { readonly failed: boolean; readonly now: number },
    { halfOpen, maxOpenMs }: BreakerSpec,
  ): boolean {
    if (failed) {
      this.#openedBy = { kind: 'probe' };
      this.#open(Math.min(state.forMs * 2, maxOpenMs), now);
      return true;
    }
    state.successes++;
    if (state.successes < halfOpen) return false;
    this.#forget();
    this.#become(CLOSED);
    return false;
  }

  #open(forMs: number, now: number): void {
    this.#become({ kind: 'open', forMs, until: now + forMs });
  }

  #become(state: State): void {
    this.#state = state;
    this.#generation++;
  }

  /** A slot is forgotten as a whole. Another window begins from nothing. */
  #advance(now: number, slotMs: number): void {
    if (slotMs !== this.#slotMs) {
      this.#forget();
      this.#slotMs = slotMs;
      this.#slot = Math.floor(now / slotMs);
    }
    const slot = Math.floor(now / slotMs);
    const passed = Math.min(slot - this.#slot, SLOTS);
    for (let step = 0; step < passed; step++) {
      const index = (slot - step) % SLOTS;
      this.#totalCalls -= this.#calls[index] ?? 0;
      this.#totalFailures -= this.#failures[index] ?? 0;
      this.#calls[index] = 0;
      this.#failures[index] = 0;
    }
    if (passed > 0) this.#slot = slot;
  }

  #forget(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#totalCalls = 0;
    this.#totalFailures = 0;
  }
}

/** Why a breaker is open. */
export type OpenedBy =
  | { readonly kind: 'calls'; readonly failures: number; readonly calls: number }
  | { readonly kind: 'probe' };

/** Closed: calls flow. Open: they are refused. Half-open: a few find out. */
export type BreakerState = 'closed' | 'open' | 'half-open';

const SLOTS = 10;

type State = { readonly kind: 'closed' } | Open | HalfOpen;

interface Open {
  readonly kind: 'open';
  readonly forMs: number;
  readonly until: number;
}

interface HalfOpen {
  readonly kind: 'half-open';
  /** How long it was open before. */
  readonly forMs: number;
  /** Calls that were let through and have not been given back. */
  admitted: number;
  successes: number;
}

const CLOSED: State = { kind: 'closed' };

/** Statuses that say that the service itself could not be had; any other, 500 too, is an answer. */
export function isUnavailable(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
