import type { RevisionTraffic } from '@islet/driver';
import type { Evidence } from '@islet/plan';
import { Comparison, Histogram, type RevisionCounts, recordedSince } from '@islet/policy';
import { describeRegression, summarise } from './describe.ts';
import type { Trial } from './trial.ts';

/**
 * Watches what the requests say of each new revision, and keeps the evidence for `plan`.
 *
 * Evidence lives in memory only. A control plane that begins in the middle of a rollout begins with none, and never takes
 * what a revision answered earlier for something that came at the same time: it is slower to decide then, never wrong.
 */
export interface Analyst {
  /** The trials that are open now; those of before are forgotten. */
  follow(trials: readonly Trial[]): void;
  /** There is something to look at. */
  isBusy(): boolean;
  /** What the revisions have answered by now, all of it since the proxy started. */
  look(traffic: readonly RevisionTraffic[]): void;
  evidence(service: string): Evidence | undefined;
  /** Requests have been made up for the step that a service is at. */
  sampled(service: string): void;
}

export interface AnalystParts {
  /** Requests can be made up for this revision. */
  readonly canSample: (trial: Trial) => boolean;
  /** A check of the service's file that fails. */
  readonly failure: (service: string) => string | undefined;
}

export function createAnalyst({ canSample, failure }: AnalystParts): Analyst {
  const cases = new Map<string, Case>();
  return {
    follow: (trials) => {
      const open = new Map(trials.map((trial) => [trial.service, trial]));
      for (const service of cases.keys()) if (!open.has(service)) cases.delete(service);
      for (const [service, trial] of open) cases.set(service, nextCase(cases.get(service), trial));
    },
    isBusy: () => cases.size > 0,
    look: (traffic) => {
      for (const one of cases.values()) lookAt(one, traffic);
    },
    evidence: (service) => {
      const one = cases.get(service);
      if (one === undefined) return undefined;
      const evidence = evidenceOf(one, one.isSampled ? 'sent' : canSample(one.trial) ? 'possible' : 'none');
      return { ...evidence, regression: evidence.regression ?? failure(service) };
    },
    sampled: (service) => {
      const one = cases.get(service);
      if (one !== undefined) one.isSampled = true;
    },
  };
}

/** One trial, and all that was seen of it. */
interface Case {
  readonly trial: Trial;
  readonly comparison: Comparison;
  /** Both revisions, as they were counted at the last look; undefined: not looked at yet. */
  last: Counted | undefined;
  /** Since the step began. */
  requests: number;
  /** Since the trial began. */
  readonly totals: { candidate: RevisionCounts; baseline: RevisionCounts };
  isSampled: boolean;
}

interface Counted {
  readonly candidate: Counts;
  readonly baseline: Counts;
}

type Counts = Pick<RevisionTraffic, 'requests' | 'failures' | 'latencyUs'>;

function nextCase(before: Case | undefined, trial: Trial): Case {
  const isSame = before?.trial.generation === trial.generation && before.trial.baseline === trial.baseline;
  if (before === undefined || !isSame) {
    const { successPercent, p99Ms } = trial.analysis;
    const comparison = new Comparison({ failures: 1 - successPercent / 100, p99Ms });
    const totals = { candidate: NOTHING, baseline: NOTHING };
    return { trial, comparison, last: undefined, requests: 0, totals, isSampled: false };
  }
  const isNewStep = before.trial.step !== trial.step;
  return isNewStep ? { ...before, trial, requests: 0, isSampled: false } : { ...before, trial };
}

function lookAt(one: Case, traffic: readonly RevisionTraffic[]): void {
  const { trial, comparison, last, totals } = one;
  const now = {
    candidate: countsOf(trial.candidate, trial, traffic),
    baseline: countsOf(trial.baseline, trial, traffic),
  };
  one.last = now;
  if (last === undefined) return;
  const candidate = since(now.candidate, last.candidate);
  const baseline = since(now.baseline, last.baseline);
  if (trial.isAlone) comparison.alone(candidate);
  else comparison.together(candidate, baseline);
  one.requests += candidate.requests;
  one.totals.candidate = sum(totals.candidate, candidate);
  one.totals.baseline = sum(totals.baseline, baseline);
}

function evidenceOf({ trial, comparison, requests, totals }: Case, probes: Evidence['probes']): Evidence {
  const { regression } = comparison;
  return {
    generation: trial.generation,
    requests,
    regression: regression && describeRegression(regression, trial),
    summary: summarise(totals),
    probes,
  };
}

const NOTHING: RevisionCounts = { requests: 0, failures: 0, latencyUs: new Histogram() };
const NO_COUNTS: Counts = { requests: 0, failures: 0, latencyUs: { count: 0, sum: 0, buckets: [] } };

function countsOf(revision: string, { service }: Trial, traffic: readonly RevisionTraffic[]): Counts {
  return traffic.find((it) => it.service === service && it.revision === revision) ?? NO_COUNTS;
}

/** A proxy that was started anew counts from nothing. */
function since(now: Counts, last: Counts): RevisionCounts {
  const before = now.requests < last.requests ? NO_COUNTS : last;
  return {
    requests: now.requests - before.requests,
    failures: Math.max(0, now.failures - before.failures),
    latencyUs: Histogram.from(recordedSince(before.latencyUs, now.latencyUs)),
  };
}

function sum(some: RevisionCounts, more: RevisionCounts): RevisionCounts {
  const latencyUs = new Histogram();
  latencyUs.merge(some.latencyUs);
  latencyUs.merge(more.latencyUs);
  return { requests: some.requests + more.requests, failures: some.failures + more.failures, latencyUs };
}
