/**
 * Retries may be at most a share (in percent, by the service's policy) of the requests of the last seconds, plus a floor so that a quiet edge can retry at all
 * (Envoy's and Linkerd's retry budget). The window is a ring of one-second counts: a second is forgotten as a whole.
 */
export const RETRY_BUDGET = { floor: 10, windowSeconds: 10 } as const;

export class RetryBudget {
  readonly #requests = new Float64Array(RETRY_BUDGET.windowSeconds);
  readonly #retries = new Float64Array(RETRY_BUDGET.windowSeconds);
  #second = 0;

  /** Counts a request; `nowMs` never goes back. */
  request(nowMs: number): void {
    this.#advance(nowMs);
    this.#bump(this.#requests);
  }

  /** Takes one retry out of the budget, or says that none is left. */
  tryRetry(nowMs: number, percent: number): boolean {
    this.#advance(nowMs);
    const allowed = RETRY_BUDGET.floor + (percent / 100) * total(this.#requests);
    if (total(this.#retries) + 1 > allowed) return false;
    this.#bump(this.#retries);
    return true;
  }

  /** Of the window, as the last call left it. */
  get requests(): number {
    return total(this.#requests);
  }

  get retries(): number {
    return total(this.#retries);
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const passed = Math.min(second - this.#second, RETRY_BUDGET.windowSeconds);
    for (let step = 0; step < passed; step++) {
      const slot = (second - step) % RETRY_BUDGET.windowSeconds;
      this.#requests[slot] = 0;
      this.#retries[slot] = 0;
    }
    if (passed > 0) this.#second = second;
  }

  #bump(counts: Float64Array): void {
    const slot = this.#second % RETRY_BUDGET.windowSeconds;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
