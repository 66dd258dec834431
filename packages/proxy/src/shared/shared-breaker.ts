import { Breaker, type CallResult } from '@islet/policy';
import type { BreakerSpec } from '@islet/spec';
import type { Slot } from './arena.ts';
import { guardsCells, LANE_GENERATION, LANE_PROBES } from './layout.ts';

/** A breaker that opens, finds out and closes for all threads at once. */
export class SharedBreaker extends Breaker {
  readonly #slot: Slot;

  constructor(slot: Slot) {
    super(guardsCells(slot.state).breaker);
    this.#slot = slot;
  }

  override admit(now: number, spec: BreakerSpec): number | undefined {
    const { lock, own } = this.#slot;
    lock.take();
    const generation = super.admit(now, spec);
    if (generation !== undefined && this.isProbe(generation)) {
      if (own[LANE_GENERATION] !== generation) own[LANE_PROBES] = 0;
      own[LANE_GENERATION] = generation;
      own[LANE_PROBES] = (own[LANE_PROBES] ?? 0) + 1;
    }
    lock.release();
    return generation;
  }

  override record(generation: number, result: CallResult, spec: BreakerSpec): boolean {
    const { lock } = this.#slot;
    lock.take();
    this.#endProbe(generation);
    const opens = super.record(generation, result, spec);
    lock.release();
    return opens;
  }

  override release(generation: number): void {
    const { lock } = this.#slot;
    lock.take();
    this.#endProbe(generation);
    super.release(generation);
    lock.release();
  }

  override hope(now: number): void {
    const { lock } = this.#slot;
    lock.take();
    super.hope(now);
    lock.release();
  }

  /** It is no longer what this thread would have to give back. */
  #endProbe(generation: number): void {
    const { own } = this.#slot;
    if (own[LANE_GENERATION] === generation && this.isProbe(generation)) own[LANE_PROBES] = (own[LANE_PROBES] ?? 0) - 1;
  }
}
