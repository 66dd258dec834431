import { LIMITS } from '../limits.ts';
import { Http2Error } from './http2-error.ts';

/**
 * Counts what a peer may do within RFC 9113 that costs it less than us (10.5): frames that carry nothing, streams that are reset as
 * soon as they are opened. All is counted by the second, and what a peer does because of what it was sent is not held against
 * it: one that takes much data opens windows often, and measures the way with a PING for each piece that has come.
 */
export class Flood {
  readonly #now: () => number;
  #since: number;
  #control = 0;
  #updates = 0;
  #empty = 0;
  #refused = 0;
  #resets = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  /** A frame of the peer's that is answered, or means nothing. These throw `Http2Error` where there are too many. */
  control(): void {
    if (++this.#control > LIMITS.http2ControlFramesPerSecond) this.#judge('control frames');
  }

  update(): void {
    if (++this.#updates > LIMITS.http2ControlFramesPerSecond) this.#judge('window updates');
  }

  /** Of DATA without data, and of frames for streams that are no more. */
  empty(): void {
    if (++this.#empty > LIMITS.http2InvalidFrames) this.#judge('frames without a use');
  }

  /** A stream that was one too many. */
  refused(): void {
    if (++this.#refused > LIMITS.http2RejectedStreams) this.#judge('streams at once');
  }

  /** A stream that the peer has reset, or made us reset: what it asked for was begun, and is of no use. */
  reset(): void {
    if (++this.#resets > LIMITS.http2ResetBurst) this.#judge('resets');
  }

  /** A frame of data has been sent. One that its window has cut to nearly nothing is what the peer had to ask for so. */
  sent({ dribbles }: { readonly dribbles: boolean }): void {
    if (dribbles) return;
    this.#control = Math.max(this.#control - 1, 0);
    this.#updates = Math.max(this.#updates - UPDATES_PER_FRAME, 0);
  }

  /** Something is too much, unless it has taken longer than a second. */
  #judge(what: string): void {
    const seconds = (this.#now() - this.#since) / 1_000;
    if (seconds >= 1) this.#forget(seconds);
    if (this.#isTooMuch) throw new Http2Error('enhanceYourCalm', `too many ${what}`);
  }

  get #isTooMuch(): boolean {
    return (
      Math.max(this.#control, this.#updates) > LIMITS.http2ControlFramesPerSecond ||
      this.#empty > LIMITS.http2InvalidFrames ||
      this.#refused > LIMITS.http2RejectedStreams ||
      this.#resets > LIMITS.http2ResetBurst
    );
  }

  #forget(seconds: number): void {
    this.#since += seconds * 1_000;
    this.#resets = Math.max(this.#resets - seconds * LIMITS.http2ResetsPerSecond, 0);
    this.#control = 0;
    this.#updates = 0;
    this.#empty = 0;
    this.#refused = 0;
  }
}

/** One for its stream and one for its connection would do; what is more leaves room for small windows. */
const UPDATES_PER_FRAME = 10;
