import type { RevisionTraffic } from '@islet/driver';
import type { Evidence } from '@islet/plan';
import {
  Comparison,
  type ComparisonData,
  type GrowthData,
  growthOf,
  Histogram,
  type HistogramData,
  NO_GROWTH,
  type RevisionCounts,
  recordedSince,
  watchGrowth,
} from '@islet/policy';
import { describeGrowth, describeRegression, summarise } from './describe.ts';
import type { Trial } from './trial.ts';

/** One trial, and all that was seen of it. */
export interface Case {
  readonly trial: Trial;
  readonly comparison: Comparison;
  /** Both revisions, as they were counted at the last look; undefined: not looked at yet. */
  last: Counted | undefined;
  /** Since the step began. */
  requests: number;
  /** Since the trial began. */
  readonly totals: { candidate: RevisionCounts; baseline: RevisionCounts };
  growth: GrowthData;
  isSampled: boolean;
}

/** A case as it is kept, plain. What the proxy had counted is no part of it: whoever takes it up begins to count anew. */
export interface KeptCase extends Pick<Case, 'requests' | 'growth' | 'isSampled'> {
  readonly generation: string;
  readonly baseline: string;
  readonly step: number;
  readonly comparison: ComparisonData;
  readonly totals: Readonly<Record<'candidate' | 'baseline', KeptCounts>>;
}

interface KeptCounts extends Pick<RevisionCounts, 'requests' | 'failures'> {
  readonly latencyUs: HistogramData;
}

/** What an instance that is ready held at one look. */
export interface InstanceMemory {
  readonly service: string;
  readonly revision: string;
  readonly instance: string;
  readonly bytes: number;
}

interface Counted {
  readonly candidate: Counts;
  readonly baseline: Counts;
}

type Counts = Pick<RevisionTraffic, 'requests' | 'failures' | 'latencyUs'>;

/** A trial that begins, or that an earlier control plane has begun. */
export function openCase(trial: Trial, kept: KeptCase | undefined): Case {
  const { successPercent, p99Ms } = trial.analysis;
  const allowed = { failures: 1 - successPercent / 100, p99Ms };
  if (kept === undefined || kept.generation !== trial.generation || kept.baseline !== trial.baseline) {
    const totals = { candidate: NOTHING, baseline: NOTHING };
    const none = { last: undefined, requests: 0, growth: NO_GROWTH, isSampled: false };
    return { trial, comparison: new Comparison(allowed), totals, ...none };
  }
  const { candidate, baseline } = kept.totals;
  const opened: Case = {
    trial: { ...trial, step: kept.step },
    comparison: new Comparison(allowed, kept.comparison),
    last: undefined,
    totals: { candidate: countsFrom(candidate), baseline: countsFrom(baseline) },
    requests: kept.requests,
    growth: kept.growth,
    isSampled: kept.isSampled,
  };
  return nextStep(opened, trial);
}

export function isOf(one: Case, trial: Trial): boolean {
  return one.trial.generation === trial.generation && one.trial.baseline === trial.baseline;
}

/** Each step counts its requests anew, and forgets no evidence. */
export function nextStep(one: Case, trial: Trial): Case {
  return one.trial.step === trial.step ? { ...one, trial } : { ...one, trial, requests: 0, isSampled: false };
}

export function kept({ trial, comparison, totals, requests, growth, isSampled }: Case): KeptCase {
  const { generation, baseline, step } = trial;
  const counts = { candidate: countsTold(totals.candidate), baseline: countsTold(totals.baseline) };
  return { generation, baseline, step, requests, growth, isSampled, comparison: comparison.toJSON(), totals: counts };
}

export function seeRequests(one: Case, traffic: readonly RevisionTraffic[]): void {
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

export function seeMemory(one: Case, memory: readonly InstanceMemory[], now: number): void {
  const { service, candidate, baseline } = one.trial;
  const of = (wanted: string) => memory.filter((it) => it.service === service && it.revision === wanted);
  one.growth = watchGrowth(one.growth, { candidate: of(candidate), baseline: of(baseline) }, now);
}

export function evidenceOf(
  { trial, comparison, requests, totals, growth }: Case,
  probes: Evidence['probes'],
): Evidence {
  const { regression } = comparison;
  const { memoryPercent } = trial.analysis;
  const grows = memoryPercent === undefined ? undefined : growthOf(growth, memoryPercent / 100);
  return {
    generation: trial.generation,
    requests,
    regression: regression ? describeRegression(regression, trial) : grows && describeGrowth(grows, trial),
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

function countsFrom({ latencyUs, ...counts }: KeptCounts): RevisionCounts {
  return { ...counts, latencyUs: Histogram.from(latencyUs) };
}

function countsTold({ latencyUs, ...counts }: RevisionCounts): KeptCounts {
  return { ...counts, latencyUs: latencyUs.toJSON() };
}
