import { type OutlierCause, STANDING_PROBING, Standing } from '@islet/policy';
import type { OutlierSpec } from '@islet/spec';
import type { Slot } from './arena.ts';

/** How an instance does, by the answers that all threads have had of it. */
export class SharedStanding extends Standing {
  readonly #slot: Slot;
  readonly #onTurned: () => void;

  /** `onTurned`: it was ejected or has come back, which the other threads are to heed. */
  constructor(slot: Slot, onTurned: () => void) {
    super(slot.state);
    this.#slot = slot;
    this.#onTurned = onTurned;
  }

  override onFirstByte(...args: Parameters<Standing['onFirstByte']>): void {
    const wasOut = this.#take();
    super.onFirstByte(...args);
    this.#release(wasOut);
  }

  override onAnswer(...args: Parameters<Standing['onAnswer']>): void {
    const wasOut = this.#take();
    super.onAnswer(...args);
    this.#release(wasOut);
  }

  override onFailure(now: number): void {
    const wasOut = this.#take();
    super.onFailure(now);
    this.#release(wasOut);
  }

  override eject(cause: OutlierCause, spec: OutlierSpec, chance: { now: number; dice: () => number }): void {
    const wasOut = this.#take();
    super.eject(cause, spec, chance);
    this.#release(wasOut);
  }

  override tryProbe(now: number, options: { idempotent: boolean }): boolean {
    const wasOut = this.#take();
    const may = super.tryProbe(now, options);
    if (may) this.#slot.own[0] = this.#slot.state[STANDING_PROBING] ?? 0;
    this.#release(wasOut);
    return may;
  }

  override endProbe(beganAt: number): void {
    const wasOut = this.#take();
    super.endProbe(beganAt);
    // A later one of this thread's may be under way.
    if (this.#slot.own[0] !== this.#slot.state[STANDING_PROBING]) this.#slot.own[0] = 0;
    this.#release(wasOut);
  }

  override clear(): void {
    const wasOut = this.#take();
    super.clear();
    this.#release(wasOut);
  }

  #take(): boolean {
    this.#slot.lock.take();
    return this.isOut;
  }

  #release(wasOut: boolean): void {
    const hasTurned = this.isOut !== wasOut;
    this.#slot.lock.release();
    if (hasTurned) this.#onTurned();
  }
}
