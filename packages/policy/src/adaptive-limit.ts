import { type Cells, ownCells } from './cells.ts';
import { Cohort, type CohortSeen } from './cohort.ts';
import { LIMIT_TRIAL, LimitTrial } from './limit-trial.ts';

/**
 * How many requests one caller may have in flight to one service, found by watching (adaptive concurrency: Netflix's
 * gradient limiter, Envoy's `adaptive_concurrency`; their names and numbers).
 *
 * A fixed number is wrong on the day it is written: the service gets a second instance, or its database a bad hour.
 * What shows that too much is in flight is that answers take longer than when little was. So the median time to the
 * first byte is taken of one cohort of requests after another, and compared with the *baseline*, the median at rest.
 * Within a buffer above it all is well, and the limit grows where it is in use. Beyond, it shrinks by the ratio (the
 * *gradient*), never below `min`.
 *
 * Those who have built this report two harms. Envoy measures its baseline again each minute by letting nearly nothing
 * through, which a service of long requests feels; and a service that has simply become slower is throttled for
 * nothing. Both are answered by one test. In a queue the time falls with what is in flight; so where the limit has
 * shrunk well and the time has not, there is no queue: the time is the service's own, it becomes the baseline, and the
 * limit goes back to where it was. With `min` in flight or less a service is at rest, whatever its time, and being
 * measured costs it nothing.
 *
 * Times are noisy, and worst where it matters: on a machine that is overloaded. So what is answered in a second has a
 * say too. Where less in flight has cost throughput, there was no queue; and a limit that is reached is lifted now and
 * then, to see whether more is answered: see `LimitTrial`.
 *
 * Two kinds of service are left alone. A buffer of some milliseconds, whatever the baseline, keeps the noise of quick
 * ones from being taken for load. And where a request at rest takes longer than one may wait in the queue, a smaller
 * limit could only refuse, never make wait: such a service is not judged.
 */
export const ADAPTIVE_LIMIT = {
  min: 16,
  max: 1000,
  /** What the median may be above the baseline: this share of it, and no less than `leastBufferMs`. */
  bufferShare: 0.25,
  leastBufferMs: 20,
  /** From one cohort to the next, the limit at most halves or doubles. */
  steepest: 2,
  /** By what share less must be in flight before it is asked whether that has helped. */
  fall: 0.45,
} as const;

/** How far a measurement moves the baseline. */
const WEIGHT = 0.5;
const QUICK_IN_A_ROW = 3;
/** A median this much above another is no noise, and a throughput this much below. */
const CLEARLY = 0.25;

export class AdaptiveLimit {
  readonly #cohort = new Cohort();
  /** The limit, and nothing else: what several threads see is one service. 0: the most. */
  readonly #cells: Cells;
  #baselineMs: number | undefined;
  #descent: Descent | undefined;
  readonly #trial = new LimitTrial();
  /** What the last cohorts said, where one alone is noise: that it was too slow; medians below the baseline. */
  #wasSlow = false;
  readonly #quick: number[] = [];

  constructor(cells: Cells = ownCells(1)) {
    this.#cells = cells;
  }

  get limit(): number {
    return this.#cells[0] || ADAPTIVE_LIMIT.max;
  }

  /** Milliseconds; undefined: too little has been seen. */
  get baselineMs(): number | undefined {
    return this.#baselineMs;
  }

  /** A request is sent; it is among `inFlight`. What is returned is for `answered` or `forget`. */
  sent(now: number, inFlight: number): number {
    return this.#cohort.join(now, inFlight);
  }

  /** The first byte of its answer has come after `tookMs`, or was given up then. */
  answered(member: number, { tookMs, now, queueMs }: Answered): void {
    const seen = this.#cohort.answered(member, tookMs, now);
    if (seen === undefined) return;
    const next = this.#next({ ...seen, queueMs });
    this.#cells[0] = Math.min(Math.max(Math.floor(next), ADAPTIVE_LIMIT.min), ADAPTIVE_LIMIT.max);
  }

  /** It has ended without saying anything of the service's time. */
  forget(member: number): void {
    this.#cohort.forget(member);
  }

  #next(window: Window): number {
    const trial = this.#trial.end(window);
    if (trial?.isMore === false) return trial.limit;
    if (trial?.isMore === true) this.#wasNoQueue(window);
    const limit = this.limit;
    const next = this.#byMedian(window);
    const isInTheWay = window.peak >= limit && next <= limit && limit < ADAPTIVE_LIMIT.max;
    return isInTheWay && this.#trial.tries(window, next) ? LIMIT_TRIAL.by * limit : next;
  }

  /** More in flight has brought more answers: its time is the service's own. */
  #wasNoQueue({ medianMs }: Window): void {
    this.#baselineMs = Math.max(this.#baselineMs ?? 0, medianMs);
    this.#descent = undefined;
    this.#wasSlow = false;
  }

  #byMedian(window: Window): number {
    const { medianMs, peak, queueMs } = window;
    if (peak <= ADAPTIVE_LIMIT.min) return this.#atRest(window);
    if (this.#baselineMs === undefined) return this.#prove(window);
    if (this.#descent !== undefined && peak <= (1 - ADAPTIVE_LIMIT.fall) * this.#descent.peak) {
      return this.#judge(this.#descent, window);
    }
    if (medianMs < this.#baselineMs) this.#quicker(medianMs, this.#baselineMs);
    else this.#quick.length = 0;
    if (this.#baselineMs > queueMs) return ADAPTIVE_LIMIT.max;
    return this.#follow(window, this.#baselineMs);
  }

  /** So little is in flight that its time is the service's own. */
  #atRest(window: Window): number {
    const { medianMs } = window;
    const descent = this.#descent;
    const before = this.#baselineMs ?? medianMs;
    this.#baselineMs = before + WEIGHT * (medianMs - before);
    this.#descent = undefined;
    // All the way down, and no quicker for it.
    if (descent !== undefined && !this.#hasHelped(descent, window)) {
      this.#baselineMs = medianMs;
      return descent.limit;
    }
    return this.#follow(window, this.#baselineMs);
  }

  /** Nothing is known of this service at rest. Less in flight for a while shows whether there is a queue. */
  #prove({ medianMs, peak, perMs, queueMs }: Window): number {
    if (medianMs > queueMs) return this.limit;
    this.#baselineMs = medianMs;
    if (medianMs <= ADAPTIVE_LIMIT.leastBufferMs) return this.limit;
    this.#descent = { peak, medianMs, perMs, limit: this.limit, proves: true };
    return peak * (1 - ADAPTIVE_LIMIT.fall) - 1;
  }

  /** Less is in flight than when the limit began to shrink. Has it helped? */
  #judge(descent: Descent, window: Window): number {
    const { medianMs, peak } = window;
    const isWorse = medianMs > descent.medianMs * (1 + CLEARLY);
    if (this.#costs(descent, window) || (!isWorse && !this.#hasHelped(descent, window))) {
      this.#baselineMs = medianMs;
      this.#descent = undefined;
      return descent.limit;
    }
    // It has helped; or the service is getting worse meanwhile, and this is asked again from here.
    this.#descent = { ...descent, peak, medianMs };
    const baselineMs = Math.min(this.#baselineMs ?? medianMs, medianMs);
    this.#baselineMs = baselineMs;
    if (descent.proves && !isWorse) return peak * (1 - ADAPTIVE_LIMIT.fall) - 1;
    return this.#follow(window, baselineMs);
  }

  /** In a queue the median falls as much as what is in flight. Half of that is help enough, and no noise. */
  #hasHelped(descent: Descent, window: Window): boolean {
    const share = window.peak / descent.peak;
    return !this.#costs(descent, window) && window.medianMs <= (descent.medianMs * (1 + share)) / 2;
  }

  /** A limit that is reached lets fewer be answered than were when it began to shrink. */
  #costs(descent: Descent, { peak, perMs }: Window): boolean {
    return peak >= this.limit && perMs < (1 - CLEARLY) * descent.perMs;
  }

  /** The field's rule: by the gradient, with a headroom that lets it find out whether more would do. */
  #follow(window: Window, baselineMs: number): number {
    const { medianMs, peak } = window;
    const { bufferShare, leastBufferMs, steepest } = ADAPTIVE_LIMIT;
    const gradient = (baselineMs + Math.max(bufferShare * baselineMs, leastBufferMs)) / Math.max(medianMs, 0.001);
    if (gradient >= 1) return this.#grow(peak, Math.min(gradient, steepest));
    const wasSlow = this.#wasSlow;
    this.#wasSlow = true;
    if (!wasSlow) return this.limit;
    const used = Math.min(peak, this.limit);
    const next = Math.max(Math.max(gradient, 1 / steepest) * used + Math.sqrt(used), ADAPTIVE_LIMIT.min);
    if (next < this.limit) this.#descend(window);
    return Math.min(next, this.limit);
  }

  /**
   * Of the way down, the worst moment counts: a service that is still getting worse is no proof that less doesn't help.
   */
  #descend({ medianMs, peak, perMs }: Window): void {
    const descent = this.#descent ?? { peak, medianMs, perMs, limit: this.limit, proves: false };
    this.#descent = medianMs > descent.medianMs * (1 + CLEARLY) ? { ...descent, peak, medianMs } : descent;
  }

  #grow(peak: number, gradient: number): number {
    this.#wasSlow = false;
    this.#descent = undefined;
    // A limit that nobody comes near proves nothing by growing.
    return peak < this.limit / 2 ? this.limit : gradient * this.limit + Math.sqrt(this.limit);
  }

  #quicker(medianMs: number, baselineMs: number): void {
    this.#quick.push(medianMs);
    if (this.#quick.length < QUICK_IN_A_ROW) return;
    this.#baselineMs = baselineMs + WEIGHT * (Math.max(...this.#quick) - baselineMs);
    this.#quick.length = 0;
  }
}

export interface Answered {
  /** What the service itself took, without what its answer waited to be read: see `LoopTurns`. */
  readonly tookMs: number;
  readonly now: number;
  /** How long a request may wait for its turn. */
  readonly queueMs: number;
}

interface Window extends CohortSeen {
  readonly queueMs: number;
}

/** Where the limit began to shrink. */
interface Descent {
  readonly peak: number;
  readonly medianMs: number;
  readonly perMs: number;
  readonly limit: number;
  /** It was made to shrink, to find a baseline. */
  readonly proves: boolean;
}
