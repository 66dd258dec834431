import { type OutcomeSeries, type Outcomes, outcomesIn, SLO_WINDOW_MS } from './outcomes.ts';

/**
 * When is too much failing? An alert at every error wakes people for nothing, and one that waits for the objective to
 * be missed comes when it is too late. What matters is how fast the budget is spent: at a *burn rate* of 1 it lasts
 * exactly for the window of the objective, at 14.4 a fiftieth of 30 days' budget is gone in an hour.
 *
 * Each rule looks at a long stretch, so that a blip is not worth an alert, and at a short one, so that the alert ends
 * soon after the trouble does (Site Reliability Workbook, "Alerting on SLOs", 6: multiwindow, multi-burn-rate). Where
 * there are few requests, one that fails is a large share of them: below `MIN_BAD` failures nothing is said. And a rule
 * is silent until its short stretch has been watched: an hour of a new service says little about three days of it.
 */
export const BURN_RULES = [
  { severity: 'page', threshold: 14.4, longMs: 3_600_000, shortMs: 300_000, window: '1h' },
  { severity: 'page', threshold: 6, longMs: 6 * 3_600_000, shortMs: 30 * 60_000, window: '6h' },
  { severity: 'ticket', threshold: 3, longMs: 24 * 3_600_000, shortMs: 2 * 3_600_000, window: '1d' },
  { severity: 'ticket', threshold: 1, longMs: 72 * 3_600_000, shortMs: 6 * 3_600_000, window: '3d' },
] as const satisfies readonly BurnRule[];

export interface BurnRule {
  readonly severity: 'page' | 'ticket';
  readonly threshold: number;
  readonly longMs: number;
  readonly shortMs: number;
  /** The long one, as people say it. */
  readonly window: string;
}

/** Failures in the long stretch. */
export const MIN_BAD = 10;

export interface Burn {
  readonly rule: BurnRule;
  /** Over the long stretch. */
  readonly rate: number;
  readonly shortRate: number;
  readonly outcomes: Outcomes;
  readonly firing: boolean;
}

export interface SloVerdict extends Outcomes {
  /** 1: untouched. 0: used up. Below: overdrawn. */
  readonly budgetLeft: number;
  readonly burns: readonly Burn[];
}

/** `percent`: how many must be good, below 100. */
export function judgeSlo(series: OutcomeSeries, percent: number, now: number): SloVerdict {
  const whole = outcomesIn(series, SLO_WINDOW_MS, now);
  return {
    ...whole,
    budgetLeft: 1 - burnRate(whole, percent),
    burns: BURN_RULES.map((rule) => judgeBurn(rule, { series, percent, now })),
  };
}

interface Judged {
  readonly series: OutcomeSeries;
  readonly percent: number;
  readonly now: number;
}

function judgeBurn(rule: BurnRule, { series, percent, now }: Judged): Burn {
  const outcomes = outcomesIn(series, rule.longMs, now);
  const rate = burnRate(outcomes, percent);
  const shortRate = burnRate(outcomesIn(series, rule.shortMs, now), percent);
  const isWatched = now - (series[0]?.at ?? now) >= rule.shortMs;
  const firing = isWatched && outcomes.bad >= MIN_BAD && rate >= rule.threshold && shortRate >= rule.threshold;
  return { rule, rate, shortRate, outcomes, firing };
}

/** The share that failed, in shares that may fail. Nothing asked, nothing burnt. */
export function burnRate({ good, bad }: Outcomes, percent: number): number {
  const total = good + bad;
  return total === 0 ? 0 : bad / total / (1 - percent / 100);
}
