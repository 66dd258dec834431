import type { Way } from './edge-policies.ts';

/** One try among those by whose time it is found how many may be in flight (`traffic.limits.requests: auto`). */
export class Sample {
  readonly #way: Way;
  /** 0: it is none. */
  #member = 0;

  constructor(way: Way) {
    this.#way = way;
  }

  sent(now: number): void {
    const { policy, bulkhead } = this.#way;
    this.#member = policy.limits.requests === 'auto' ? bulkhead.adaptive.sent(now, bulkhead.requests) : 0;
  }

  answered(tookMs: number, now: number): void {
    if (this.#member === 0) return;
    const { policy, bulkhead } = this.#way;
    bulkhead.adaptive.answered(this.#member, { tookMs, now, queueMs: policy.limits.queueMs });
    this.#member = 0;
  }

  /** Its time says nothing. */
  forget(): void {
    if (this.#member !== 0) this.#way.bulkhead.adaptive.forget(this.#member);
    this.#member = 0;
  }
}
