import { short } from '@islet/plan';
import type { GrowthFound, Regression, RevisionCounts, Tally } from '@islet/policy';
import type { Trial } from './trial.ts';

/** `5.2 % of its 96 requests failed, and 0.1 % of the 1,822 to 1a2b3c4 at the same time`. */
export function describeRegression({ kind, candidate, baseline, limitMs }: Regression, trial: Trial): string {
  const what = kind === 'failures' ? 'failed' : `took longer than ${milliseconds(limitMs ?? 0)}`;
  const own = `${percent(candidate)} of its ${count(candidate.all)} requests ${what}`;
  if (baseline !== undefined) {
    return `${own}, and ${percent(baseline)} of the ${count(baseline.all)} to ${short(trial.baseline)} at the same time`;
  }
  const { successPercent } = trial.analysis;
  const allowed = { failures: `${100 - successPercent} %`, tail: '1 %', middle: '50 %' }[kind];
  return `${own}, once it had all of them; ${allowed} may, or as many as did before`;
}

/** `its memory grows: web-1-0 held 84 MiB, 54 s later 412 MiB, and 1a2b3c4 never more than 60 MiB`. */
export function describeGrowth(
  { instance, fromBytes, toBytes, overMs, usualBytes }: GrowthFound,
  trial: Trial,
): string {
  const held = `${instance} held ${mebibytes(fromBytes)}, ${Math.round(overMs / 1000)} s later ${mebibytes(toBytes)}`;
  return `its memory grows: ${held}, and ${short(trial.baseline)} never more than ${mebibytes(usualBytes)}`;
}

/** `412 requests, 0.2 % failed (0.1 % before), p99 31 ms (28 ms before)`. */
export function summarise({ candidate, baseline }: Record<'candidate' | 'baseline', RevisionCounts>): string {
  if (candidate.requests === 0) return 'no requests';
  const before = baseline.requests > 0;
  const failed = `${percent(failures(candidate))} failed${before ? ` (${percent(failures(baseline))} before)` : ''}`;
  const slow = `p99 ${p99(candidate)}${before ? ` (${p99(baseline)} before)` : ''}`;
  return `${count(candidate.requests)} requests, ${failed}, ${slow}`;
}

function failures({ failures, requests }: RevisionCounts): Tally {
  return { bad: failures, all: requests };
}

function p99({ latencyUs }: RevisionCounts): string {
  return milliseconds(latencyUs.quantile(0.99) / 1000);
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function percent({ bad, all }: Tally): string {
  const share = all === 0 ? 0 : (100 * bad) / all;
  return `${share === 0 || share >= 10 ? Math.round(share) : share.toFixed(1)} %`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
