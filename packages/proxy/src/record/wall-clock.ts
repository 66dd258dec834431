import { performance } from 'node:perf_hooks';

/** A step of the machine's clock that is followed. Smaller ones would make a request begin before its caller's. */
const STEP_MS = 50;

/** Turns milliseconds that never go back into milliseconds since the epoch, with their fraction. */
export class WallClock {
  #epochMs = performance.timeOrigin;

  at(now: number): number {
    return Math.round((this.#epochMs + now) * 1000) / 1000;
  }

  /** To be called now and then: the machine's clock may have been set. */
  follow(now: number, wall: number): void {
    if (Math.abs(this.#epochMs + now - wall) > STEP_MS) this.#epochMs = wall - now;
  }
}
