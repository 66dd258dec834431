/**
 * The median time of requests that were sent at about the same moment. A window of answers would favour the quick: of
 * the requests that were sent in it, those have answered first. So the members are told when they are sent, and the
 * median is taken when most of them have answered; the rest were slower, however long they still take.
 */
export const COHORT = {
  /** Requests join for this long, and until there are so many; where they come slowly, a few are enough. */
  joinMs: 500,
  least: 100,
  most: 256,
  slowMs: 1_000,
  few: 25,
  /** What share must have answered. */
  answered: 0.75,
} as const;

export interface CohortSeen {
  readonly medianMs: number;
  /** The most that was in flight while its members were sent. */
  readonly peak: number;
  /** How many have been answered in a millisecond since the cohort before it was complete. */
  readonly perMs: number;
}

export class Cohort {
  readonly #times = new Float64Array(COHORT.most);
  #number = 1;
  #since = 0;
  #members = 0;
  #answered = 0;
  #peak = 0;
  #open = true;
  /** All that was sent since the cohort before was complete; what was in flight then, and is now. */
  #sent = 0;
  #inFlightBefore = 0;
  #inFlight = 0;
  #completeAt = 0;

  /** The cohort's number, for `answered` or `forget`; 0: it is full, and this request is not asked. */
  join(now: number, inFlight: number): number {
    this.#sent++;
    this.#inFlight = inFlight;
    if (!this.#open) return 0;
    if (this.#members === 0) this.#since = now;
    this.#members++;
    if (inFlight > this.#peak) this.#peak = inFlight;
    this.#closeIfDone(now);
    return this.#number;
  }

  /** Returns what was seen when this answer makes the cohort complete; the next request begins another. */
  answered(number: number, tookMs: number, now: number): CohortSeen | undefined {
    if (number !== this.#number) return undefined;
    this.#times[this.#answered] = tookMs;
    this.#answered++;
    this.#closeIfDone(now);
    if (this.#open || this.#answered < COHORT.answered * this.#members) return undefined;
    const medianMs = this.#times.subarray(0, this.#answered).sort()[Math.floor(this.#members / 2)] ?? 0;
    const seen = { medianMs, peak: this.#peak, perMs: this.#rate(now) };
    this.#begin();
    return seen;
  }

  forget(number: number): void {
    if (number !== this.#number) return;
    this.#members--;
    // Nobody is left whose answer could end it.
    if (this.#members === this.#answered && !this.#open) this.#begin();
  }

  #closeIfDone(now: number): void {
    const tookMs = now - this.#since;
    const least = tookMs < COHORT.slowMs ? COHORT.least : COHORT.few;
    const isDone = tookMs >= COHORT.joinMs && this.#members >= least;
    if (isDone || this.#members === COHORT.most) this.#open = false;
  }

  /** What was in flight or was sent, and is not in flight, has been answered. */
  #rate(now: number): number {
    const done = this.#inFlightBefore + this.#sent - this.#inFlight;
    const perMs = done / Math.max(now - this.#completeAt, 1);
    this.#sent = 0;
    this.#inFlightBefore = this.#inFlight;
    this.#completeAt = now;
    return perMs;
  }

  #begin(): void {
    this.#number++;
    this.#members = 0;
    this.#answered = 0;
    this.#peak = 0;
    this.#open = true;
  }
}
