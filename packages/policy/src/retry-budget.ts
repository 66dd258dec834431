import { type Cells, ownCells } from './cells.ts';

/**
 * Retries may be at most a share (in percent, by the service's policy) of the requests of the last seconds, plus a
 * floor so that a quiet edge can retry at all (Envoy's and Linkerd's retry budget). The window is a ring of one-second
 * counts: a second is forgotten as a whole.
 */
export const RETRY_BUDGET = { floor: 10, windowSeconds: 10 } as const;

export class RetryBudget {
  readonly #requests: Cells;
  readonly #retries: Cells;
  readonly #second: Cells;

  constructor(cells: Cells = ownCells(RETRY_BUDGET_CELLS)) {
    const { windowSeconds } = RETRY_BUDGET;
    this.#requests = cells.subarray(0, windowSeconds);
    this.#retries = cells.subarray(windowSeconds, 2 * windowSeconds);
    this.#second = cells.subarray(2 * windowSeconds, RETRY_BUDGET_CELLS);
  }

  /** Counts a request; `nowMs` never goes back. */
  request(nowMs: number): void {
    this.#bump(this.#requests, this.#advance(nowMs));
  }

  /** Takes one retry out of the budget, or says that none is left. */
  tryRetry(nowMs: number, percent: number): boolean {
    const second = this.#advance(nowMs);
    const allowed = RETRY_BUDGET.floor + (percent / 100) * total(this.#requests);
    if (total(this.#retries) + 1 > allowed) return false;
    this.#bump(this.#retries, second);
    return true;
  }

  /** Of the window, as the last call left it. */
  get requests(): number {
    return total(this.#requests);
  }

  get retries(): number {
    return total(this.#retries);
  }

  /** Returns the second that it is now. */
  #advance(nowMs: number): number {
    const before = this.#second[0] ?? 0;
    const second = Math.floor(nowMs / 1000);
    const passed = Math.min(second - before, RETRY_BUDGET.windowSeconds);
    for (let step = 0; step < passed; step++) {
      const slot = (second - step) % RETRY_BUDGET.windowSeconds;
      this.#requests[slot] = 0;
      this.#retries[slot] = 0;
    }
    if (passed <= 0) return before;
    this.#second[0] = second;
    return second;
  }

  #bump(counts: Cells, second: number): void {
    const slot = second % RETRY_BUDGET.windowSeconds;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
}

export const RETRY_BUDGET_CELLS = 2 * RETRY_BUDGET.windowSeconds + 1;

function total(counts: Cells): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
