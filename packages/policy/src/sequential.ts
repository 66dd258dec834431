/**
 * Tests that may be looked at after every request, and are wrong no more often for it.
 *
 * A canary is watched, and stopped as soon as something is wrong. The usual tests (z, χ², Fisher's) have their error
 * rate only for one look, at a number of requests fixed before; looked at each second, they sooner or later call any
 * good revision bad. So evidence is kept as a *test martingale*: a likelihood ratio of "worse" against "not worse",
 * multiplied on with each block of requests. While the revision is not worse, its expected value never grows, so that
 * by Ville's inequality (1939) it ever reaches 1/α with a probability of at most α, however often it is looked at and
 * whenever one stops. The average over several alternatives is again one: how much worse it may be need not be known
 * (Robbins' mixture, 1970; see Howard et al., "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021).
 * All of it is exact at three requests too.
 *
 * Evidence is kept as natural logarithms: 0 says nothing, log(1/α) is enough.
 */

/** So many of so many requests were bad: failed, or slow. */
export interface Tally {
  readonly bad: number;
  readonly all: number;
}

/** What a test has gathered, to be kept: a logarithm for each alternative. */
export type TestEvidence = readonly number[];

/** How much greater the odds of a bad request are supposed to be: what the average is taken over. */
const ODDS = [2, 4, 8, 16, 32, 64] as const;

/**
 * Are more than `allowed` of the requests bad? For when nothing else is there to compare with at the same time. Under a
 * share that is smaller than allowed the ratio's expectation is smaller than 1, so it is a test against all of them.
 */
export class RateTest {
  readonly #allowed: number;
  readonly #alternatives: readonly number[];
  readonly #logs: number[];

  /** `evidence`: what an earlier test of the same had gathered. */
  constructor(allowed: number, evidence: TestEvidence = []) {
    this.#logs = ODDS.map((_, index) => evidence[index] ?? 0);
    this.#allowed = Math.min(Math.max(allowed, 1e-6), 1 - 1e-6);
    const odds = this.#allowed / (1 - this.#allowed);
    this.#alternatives = ODDS.map((ratio) => (ratio * odds) / (1 + ratio * odds));
  }

  add({ bad, all }: Tally): void {
    for (const [index, share] of this.#alternatives.entries()) {
      const ratio = bad * Math.log(share / this.#allowed) + (all - bad) * Math.log((1 - share) / (1 - this.#allowed));
      this.#logs[index] = (this.#logs[index] ?? 0) + ratio;
    }
  }

  get evidence(): number {
    return logMean(this.#logs);
  }

  toJSON(): TestEvidence {
    return [...this.#logs];
  }
}

/**
 * Is a request to the candidate more likely to be bad than one to the baseline at the same time? What both share, such
 * as a database that is down, is no evidence, whatever its share and however it changes from block to block: given how
 * many requests of a block were bad, how many of them were the candidate's has a hypergeometric distribution if there
 * is no difference (Fisher's exact test), and a known one if the odds differ by a factor. The blocks are strata
 * (Mantel-Haenszel).
 */
export class OddsTest {
  readonly #logs: number[];

  /** `evidence`: what an earlier test of the same had gathered. */
  constructor(evidence: TestEvidence = []) {
    this.#logs = ODDS.map((_, index) => evidence[index] ?? 0);
  }

  /** One block: what came in the same few seconds. */
  add(candidate: Tally, baseline: Tally): void {
    const bad = candidate.bad + baseline.bad;
    if (bad === 0 || candidate.all === 0 || baseline.all === 0) return;
    const fair = hypergeometric({ bad, candidate: candidate.all, baseline: baseline.all });
    for (const [index, ratio] of ODDS.entries()) {
      const expected = logSum(fair.map(({ count, log }) => log + count * Math.log(ratio)));
      this.#logs[index] = (this.#logs[index] ?? 0) + candidate.bad * Math.log(ratio) - expected;
    }
  }

  get evidence(): number {
    return logMean(this.#logs);
  }

  toJSON(): TestEvidence {
    return [...this.#logs];
  }
}

/** The logarithm of the probability of each number of the candidate's bad requests, if there is no difference. */
function hypergeometric({ bad, candidate, baseline }: Readonly<Record<'bad' | 'candidate' | 'baseline', number>>) {
  const least = Math.max(0, bad - baseline);
  const most = Math.min(bad, candidate);
  const terms = [{ count: least, log: 0 }];
  for (let count = least, log = 0; count < most; count += 1) {
    log += Math.log(((bad - count) * (candidate - count)) / ((count + 1) * (baseline - bad + count + 1)));
    terms.push({ count: count + 1, log });
  }
  const total = logSum(terms.map(({ log }) => log));
  return terms.map(({ count, log }) => ({ count, log: log - total }));
}

/** The logarithm of the mean of what these are the logarithms of. */
export function logMean(logs: readonly number[]): number {
  return logSum(logs) - Math.log(logs.length);
}

function logSum(logs: readonly number[]): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (const log of logs) if (log > greatest) greatest = log;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - greatest);
  return greatest + Math.log(sum);
}
