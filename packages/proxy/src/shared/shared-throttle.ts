import { Throttle } from '@islet/policy';
import type { AdmissionSpec } from '@islet/spec';
import type { Priority } from '@islet/spec/model';
import type { Slot } from './arena.ts';
import { serviceCells } from './layout.ts';

/** What a service has refused, in all threads. */
export class SharedThrottle extends Throttle {
  readonly #slot: Slot;

  constructor(slot: Slot) {
    super(serviceCells(slot.state).throttle);
    this.#slot = slot;
  }

  override sheds(...args: Parameters<Throttle['sheds']>): boolean {
    const { lock } = this.#slot;
    lock.take();
    const sheds = super.sheds(...args);
    lock.release();
    return sheds;
  }

  override record(priority: Priority, end: { accepted: boolean; now: number }, spec: AdmissionSpec): void {
    const { lock } = this.#slot;
    lock.take();
    super.record(priority, end, spec);
    lock.release();
  }
}
