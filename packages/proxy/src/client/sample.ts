import type { Clock } from '../clock.ts';
import type { Way } from './edge-policies.ts';

/**
 * One try among those by whose time it is found how many may be in flight (`traffic.limits.requests: auto`). That time is
 * the service's own as far as can be told: a loop that is behind with its reading is no reason to send a service less.
 */
export class Sample {
  readonly #way: Way;
  readonly #clock: Clock;
  #sentAt = 0;
  /** 0: it is none. */
  #member = 0;

  constructor(way: Way, clock: Clock) {
    this.#way = way;
    this.#clock = clock;
  }

  sent(now: number): void {
    const { policy, bulkhead } = this.#way;
    this.#sentAt = now;
    this.#member = policy.limits.requests === 'auto' ? bulkhead.adaptive.sent(now, bulkhead.requests) : 0;
  }

  /** The first byte of its answer is read. */
  answered(now: number): void {
    if (this.#member !== 0) this.#end(Math.max(0, this.#clock.heardSince - this.#sentAt), now);
  }

  /** It is waited for no longer. */
  gaveUp(now: number): void {
    if (this.#member !== 0) this.#end(now - this.#sentAt, now);
  }

  /** Its time says nothing. */
  forget(): void {
    if (this.#member !== 0) this.#way.bulkhead.adaptive.forget(this.#member);
    this.#member = 0;
  }

  #end(tookMs: number, now: number): void {
    const { policy, bulkhead } = this.#way;
    bulkhead.adaptive.answered(this.#member, { tookMs, now, queueMs: policy.limits.queueMs });
    this.#member = 0;
  }
}
