/**
 * When that came which an event loop hears of now.
 *
 * A proxy with one thread that has a thousand sockets to read hears of an answer when it gets to it, and that may be
 * long after it came. Measured by its own clock, every service then looks slow, and slower the more is sent to it: just
 * what a service with a queue looks like. A limit that believes it refuses requests because the proxy is busy.
 *
 * A loop works in turns: it asks the kernel what there is to read, and then reads all of it. What it hears of in one
 * turn was not there when the turn before asked, so it has come since then; and where it had to wait for this turn,
 * nothing was there, so it has come just now. The least that an answer may have taken is thus known to within one turn,
 * whatever the loop itself adds.
 */
export class LoopTurns {
  #beganAt = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;
  #heardSince = Number.NEGATIVE_INFINITY;

  /** The kernel has said what there is to read. Times in milliseconds, which never go back. */
  begin(now: number): void {
    this.#heardSince = now - this.#endedAt > WAITED_MS ? now : this.#beganAt;
    this.#beganAt = now;
  }

  /** All of it has been read. */
  end(now: number): void {
    this.#endedAt = now;
  }

  /** What this turn hears of has not come before. */
  get heardSince(): number {
    return this.#heardSince;
  }
}

/** Between two turns there is more than the wait: timers, the collection of garbage. */
const WAITED_MS = 1;
