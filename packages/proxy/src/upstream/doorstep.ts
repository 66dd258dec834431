import { Histogram, type HistogramData, type Hold } from '@islet/policy';
import { Gauge } from '../shared/gauge.ts';

/** A request that waits for the first instance of its service. */
export interface Held {
  /** There is one. */
  onOpened(): void;
}

export interface HoldStats {
  readonly service: string;
  /** Requests that wait now. */
  readonly waiting: number;
  /** Requests that have waited, those that waited for nothing among them. */
  readonly held: number;
  /** How long it took from the first request that found nobody to the instance that took it, in microseconds. */
  readonly coldStartUs: HistogramData;
}

/**
 * Where requests wait while a service that was scaled to none starts its first instance: so many, and so long, as its file
 * says. What a cold start costs its first request is measured here, from that request's view.
 */
export class Doorstep {
  readonly #waiting = new Set<Held>();
  readonly #coldStarts = new Histogram();
  readonly #onWanted: () => void;
  /** Who waits, in all threads. */
  readonly #atDoor: Gauge;
  #since = 0;
  #held = 0;

  /** `onWanted`: the first one has come. */
  constructor(onWanted: () => void, atDoor = new Gauge()) {
    this.#onWanted = onWanted;
    this.#atDoor = atDoor;
  }

  /** Returns false where too many wait already. */
  tryWait(held: Held, now: number, { requests }: Hold): boolean {
    if (!this.#atDoor.tryAdd(requests)) return false;
    this.#held++;
    this.#waiting.add(held);
    if (this.#waiting.size > 1) return true;
    this.#since = now;
    this.#onWanted();
    return true;
  }

  leave(held: Held): void {
    if (this.#waiting.delete(held)) this.#atDoor.remove();
  }

  /** First come, first let in. Who comes meanwhile does not wait. */
  open(now: number): void {
    if (this.#waiting.size === 0) return;
    this.#coldStarts.record((now - this.#since) * 1000);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#atDoor.remove(waiting.length);
    for (const held of waiting) held.onOpened();
  }

  stats(service: string): HoldStats | undefined {
    if (this.#held === 0) return undefined;
    const { size } = this.#waiting;
    return { service, waiting: size, held: this.#held, coldStartUs: this.#coldStarts.toJSON() };
  }
}
