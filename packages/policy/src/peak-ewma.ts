/**
 * How slow an instance is, as Finagle and Linkerd measure it for their choice: a moving average over time that a slow
 * answer lifts at once (the peak) and quick ones lower by and by. While nothing is heard the estimate fades, so an
 * instance that was slow is tried again.
 *
 * The cost of choosing it is the estimate for each request that would then be in flight: a quick instance that is busy
 * costs as much as a slow one that is idle, and load is shared by speed.
 */
export class PeakEwma {
  #rttMs: number | undefined;
  #at = 0;

  observe(rttMs: number, now: number, decayMs: number): void {
    const kept = Math.exp((this.#at - now) / decayMs);
    const faded = (this.#rttMs ?? 0) * kept;
    this.#rttMs = rttMs >= faded ? rttMs : faded + rttMs * (1 - kept);
    this.#at = now;
  }

  /** In milliseconds of waiting. `defaultRttMs` is assumed of an instance at first, and fades too: it will be tried. */
  cost(inFlight: number, now: number, { decayMs, defaultRttMs }: PeakEwmaSpec): number {
    if (this.#rttMs === undefined) {
      this.#rttMs = defaultRttMs;
      this.#at = now;
    }
    return this.#rttMs * Math.exp((this.#at - now) / decayMs) * (inFlight + 1);
  }
}

export interface PeakEwmaSpec {
  readonly decayMs: number;
  readonly defaultRttMs: number;
}
