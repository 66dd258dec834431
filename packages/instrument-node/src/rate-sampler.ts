import { type Context, isSpanContextValid, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';

/**
 * What a trace costs a service, bounded: where more begin than `perSecond`, only a share of them is recorded. The share is
 * cut by the trace's own id, so that every service that is as busy leaves out the same traces, and one that is less busy
 * leaves out fewer of them, never others (consistent probability sampling). A span within a trace goes as its parent went here.
 */
export class RateSampler implements Sampler {
  readonly #perSecond: number;
  readonly #now: () => number;
  #windowAt = Number.NEGATIVE_INFINITY;
  #begun = 0;
  #share = 1;

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = trace.getSpanContext(context);
    const isKnown = parent !== undefined && isSpanContextValid(parent);
    if (isKnown && (parent.traceFlags & 1) === 0) return LEFT_OUT;
    if (isKnown && parent.isRemote !== true) return RECORDED;
    this.#count();
    return Number.parseInt(traceId.slice(-8), 16) < this.#share * 2 ** 32 ? RECORDED : LEFT_OUT;
  }

  toString(): string {
    return `RateSampler{${this.#perSecond}}`;
  }

  /** The share follows the last second; within a burst it is cut by half each time that the second's allowance is used up. */
  #count(): void {
    const now = this.#now();
    const passedMs = now - this.#windowAt;
    if (passedMs >= 1_000) {
      const rate = (this.#begun * 1_000) / passedMs;
      this.#share = Math.min(1, this.#perSecond / Math.max(rate, this.#perSecond));
      this.#windowAt = now;
      this.#begun = 0;
    }
    this.#begun++;
    const expected = this.#perSecond / this.#share;
    if (this.#begun > expected) this.#share /= 2;
  }
}

const RECORDED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const LEFT_OUT: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
