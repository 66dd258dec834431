import { Histogram, type HistogramData } from './histogram.ts';
import { OddsTest, RateTest, type Tally, type TestEvidence } from './sequential.ts';

/**
 * Is a new revision worse than the one before? Three questions are asked of its requests: do more fail, are more of
 * them slow (the tail), and are all of them slower (the middle)?
 *
 * While both serve, each question is put to what came at the same time, so that what troubles both is held against
 * neither. Once the new one has everything, it is held against what is allowed, or what the old one did where that was
 * worse.
 *
 * A revision is called worse only if a question's share is beyond what is allowed *and* chance is ruled out. All
 * questions together do that to a revision that is not worse at most once in `1 / FALSE_ALARMS` rollouts, however many
 * requests it gets and however often one looks; a test of this file's plays that through. It is never called worse for
 * silence.
 */
export const FALSE_ALARMS = 0.02;

/** What the proxy has counted of one revision since some instant; all of it grows. */
export interface RevisionCounts {
  readonly requests: number;
  readonly failures: number;
  /** Microseconds. */
  readonly latencyUs: Histogram;
}

export interface Allowed {
  /** Of the requests, from 0 to 1, so many may fail. */
  readonly failures: number;
  /** One in a hundred may take longer. */
  readonly p99Ms: number;
}

export interface Regression {
  readonly kind: 'failures' | 'tail' | 'middle';
  readonly candidate: Tally;
  /** What the old revision did with as many as it had; undefined: it had none at the same time. */
  readonly baseline: Tally | undefined;
  /** Beyond which a request is slow, for the latter two. */
  readonly limitMs: number | undefined;
}

/**
 * The p99 may be half as long again as the old one's, and the middle twice as long, or 50 ms longer. Source: Flagger;
 * our own.
 */
const TAIL = { quantile: 0.99, share: 0.01, factor: 1.5 } as const;
const MIDDLE = { quantile: 0.5, share: 0.5, factor: 2, graceMs: 50 } as const;
/** Fewer of the old revision's requests say nothing of its latency. */
const LEAST_OF_BASELINE = 20;
/** Three questions, each asked in two ways. */
const ENOUGH = Math.log(6 / FALSE_ALARMS);

/** All that a comparison has collected, plain, for JSON. */
export interface ComparisonData {
  readonly failures: QuestionData;
  readonly tail: QuestionData;
  readonly middle: QuestionData;
  readonly before: { readonly requests: number; readonly failures: number; readonly latencyUs: HistogramData };
}

interface QuestionData {
  readonly pair: TestEvidence;
  readonly rate?: { readonly allowed: number; readonly test: TestEvidence };
  readonly candidate: Tally;
  readonly baseline: Tally;
  readonly alone: Tally;
}

/** Collects blocks of requests, each of what came in the same few seconds, and says what they amount to. */
export class Comparison {
  readonly #allowed: Allowed;
  readonly #failures: Question;
  readonly #tail: Question;
  readonly #middle: Question;
  /** Of the old revision, all blocks so far: what the next ones are held against. */
  #before = { requests: 0, failures: 0, latencyUs: new Histogram() };

  /** `kept`: what an earlier one had collected, which this one goes on from. */
  constructor(allowed: Allowed, kept?: ComparisonData) {
    this.#allowed = allowed;
    this.#failures = question(allowed.failures, kept?.failures);
    this.#tail = question(TAIL.share, kept?.tail);
    this.#middle = question(MIDDLE.share, kept?.middle);
    if (kept !== undefined) this.#before = { ...kept.before, latencyUs: Histogram.from(kept.before.latencyUs) };
  }

  toJSON(): ComparisonData {
    const { requests, failures, latencyUs } = this.#before;
    return {
      failures: kept(this.#failures),
      tail: kept(this.#tail),
      middle: kept(this.#middle),
      before: { requests, failures, latencyUs: latencyUs.toJSON() },
    };
  }

  /** Both revisions served. */
  together(candidate: RevisionCounts, baseline: RevisionCounts): void {
    const { tailMs, middleMs } = this.#limits();
    addPair(this.#failures, failed(candidate), failed(baseline));
    // What the new one may be slower by, the old one is not granted.
    addPair(this.#tail, slower(candidate, tailMs), slower(baseline, tailMs / TAIL.factor));
    if (middleMs !== undefined) addPair(this.#middle, slower(candidate, middleMs), slower(baseline, middleMs));
    this.#before.requests += baseline.requests;
    this.#before.failures += baseline.failures;
    this.#before.latencyUs.merge(baseline.latencyUs);
  }

  /** Only the new one did. */
  alone(candidate: RevisionCounts): void {
    const { tailMs, middleMs } = this.#limits();
    const { requests, failures } = this.#before;
    const usual = requests >= LEAST_OF_BASELINE ? failures / requests + 0.01 : 0;
    addAlone(this.#failures, failed(candidate), Math.max(this.#allowed.failures, usual));
    addAlone(this.#tail, slower(candidate, tailMs), TAIL.share);
    if (middleMs !== undefined) addAlone(this.#middle, slower(candidate, middleMs), MIDDLE.share);
  }

  /** The first question that is answered with yes. */
  get regression(): Regression | undefined {
    const { tailMs, middleMs } = this.#limits();
    if (isWorse(this.#failures)) return { kind: 'failures', ...tallies(this.#failures), limitMs: undefined };
    if (isWorse(this.#tail)) return { kind: 'tail', ...tallies(this.#tail), limitMs: tailMs };
    return isWorse(this.#middle) ? { kind: 'middle', ...tallies(this.#middle), limitMs: middleMs } : undefined;
  }

  #limits(): { readonly tailMs: number; readonly middleMs: number | undefined } {
    const { latencyUs } = this.#before;
    const { p99Ms } = this.#allowed;
    if (latencyUs.count < LEAST_OF_BASELINE) return { tailMs: p99Ms, middleMs: undefined };
    const usualMs = (quantile: number) => latencyUs.quantile(quantile) / 1000;
    const middle = usualMs(MIDDLE.quantile);
    return {
      tailMs: Math.max(p99Ms, TAIL.factor * usualMs(TAIL.quantile)),
      middleMs: Math.max(MIDDLE.factor * middle, middle + MIDDLE.graceMs),
    };
  }
}

interface Question {
  readonly allowed: number;
  readonly pair: OddsTest;
  rate: { readonly allowed: number; readonly test: RateTest } | undefined;
  candidate: Tally;
  baseline: Tally;
  alone: Tally;
}

function question(allowed: number, kept?: QuestionData): Question {
  const { candidate = NOTHING, baseline = NOTHING, alone = NOTHING, pair, rate } = kept ?? {};
  return {
    allowed,
    pair: new OddsTest(pair),
    candidate,
    baseline,
    alone,
    rate: rate && { allowed: rate.allowed, test: new RateTest(rate.allowed, rate.test) },
  };
}

const NOTHING: Tally = { bad: 0, all: 0 };

function kept({ pair, rate, candidate, baseline, alone }: Question): QuestionData {
  const told = { pair: pair.toJSON(), candidate, baseline, alone };
  return rate === undefined ? told : { ...told, rate: { allowed: rate.allowed, test: rate.test.toJSON() } };
}

function addPair(question: Question, candidate: Tally, baseline: Tally): void {
  question.pair.add(candidate, baseline);
  question.candidate = sum(question.candidate, candidate);
  question.baseline = sum(question.baseline, baseline);
}

/** What is allowed is fixed by the first block: it must not follow what it judges. */
function addAlone(question: Question, tally: Tally, allowed: number): void {
  question.rate ??= { allowed, test: new RateTest(allowed) };
  question.rate.test.add(tally);
  question.alone = sum(question.alone, tally);
}

function isWorse({ allowed, pair, rate, candidate }: Question): boolean {
  if (rate !== undefined && rate.test.evidence >= ENOUGH) return true;
  return pair.evidence >= ENOUGH && candidate.bad > allowed * candidate.all;
}

function tallies({ pair, candidate, baseline, alone }: Question): Pick<Regression, 'candidate' | 'baseline'> {
  return pair.evidence >= ENOUGH ? { candidate, baseline } : { candidate: alone, baseline: undefined };
}

function failed({ failures, requests }: RevisionCounts): Tally {
  return { bad: Math.min(failures, requests), all: requests };
}

function slower({ latencyUs }: RevisionCounts, limitMs: number): Tally {
  return { bad: latencyUs.countAbove(limitMs * 1000), all: latencyUs.count };
}

function sum(some: Tally, more: Tally): Tally {
  return { bad: some.bad + more.bad, all: some.all + more.all };
}
