import { balanceErrors } from './balance-rules.ts';
import { errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { keyPlaceAt, nodeAt } from './located.ts';
import { overrideErrors } from './override-rules.ts';
import { durationText } from './quantities.ts';

/** Rules between the values of a traffic section. */
export function trafficErrors(draft: SoundDraft): readonly SpecError[] {
  return [...policyErrors(draft), ...overrideErrors(draft, policyErrors)];
}

function policyErrors(draft: SoundDraft): readonly SpecError[] {
  return [
    ...balanceErrors(draft, ['traffic', 'balance'], draft.parsed.traffic.balance),
    ...tryErrors(draft),
    ...backoffErrors(draft),
    ...hedgeErrors(draft),
    ...ejectionErrors(draft),
    ...openErrors(draft),
    ...slowErrors(draft),
  ];
}

function tryErrors(draft: SoundDraft): readonly SpecError[] {
  const { request, perTry } = draft.parsed.traffic.timeout;
  if (perTry === undefined || perTry <= request) return [];
  const message = `one try may take ${durationText(perTry)}, and all of them together ${durationText(request)}`;
  const hint = `at most ${durationText(request)}`;
  return [errorIn(draft, ['traffic', 'timeout', 'perTry'], { rule: 'value', message, hint })];
}

function backoffErrors(draft: SoundDraft): readonly SpecError[] {
  const { retry } = draft.parsed.traffic;
  if (retry === 'off' || retry.backoff.base <= retry.backoff.max) return [];
  const message = `the first wait may be longer than the longest, ${durationText(retry.backoff.max)}`;
  const hint = `at most ${durationText(retry.backoff.max)}, or a longer max`;
  return [errorIn(draft, ['traffic', 'retry', 'backoff', 'base'], { rule: 'value', message, hint })];
}

/** Both are more load than was asked for, and have one budget. */
function hedgeErrors(draft: SoundDraft): readonly SpecError[] {
  const { hedge, retry } = draft.parsed.traffic;
  if (hedge === 'off' || retry !== 'off') return [];
  const message = 'a second request is taken from the retry budget, and retries are off';
  return [errorIn(draft, ['traffic', 'hedge'], { rule: 'value', message, hint: 'remove hedge, or retry: off' })];
}

function ejectionErrors(draft: SoundDraft): readonly SpecError[] {
  const { outlier } = draft.parsed.traffic;
  if (outlier === 'off' || outlier.base <= outlier.max) return [];
  const message = `the first time out may be longer than the longest, ${durationText(outlier.max)}`;
  const hint = `at most ${durationText(outlier.max)}, or a longer max`;
  return [errorIn(draft, ['traffic', 'outlier', 'base'], { rule: 'value', message, hint })];
}

/** A rate of what is never counted is a mistake: its author expects something of it. */
function slowErrors(draft: SoundDraft): readonly SpecError[] {
  const { breaker } = draft.parsed.traffic;
  const path = ['traffic', 'breaker', 'slowRate'];
  if (breaker === 'off' || breaker.slowCall !== 'off' || nodeAt(draft.tree, path) === undefined) return [];
  const message = 'no call is slow while slowCall does not say from when on one is';
  const place = keyPlaceAt(draft.tree, path);
  return [errorIn(draft, path, { rule: 'value', message, hint: 'add slowCall: 2s, or remove it', place })];
}

function openErrors(draft: SoundDraft): readonly SpecError[] {
  const { breaker } = draft.parsed.traffic;
  if (breaker === 'off' || breaker.open <= breaker.maxOpen) return [];
  const message = `the first time open is longer than the longest, ${durationText(breaker.maxOpen)}`;
  const hint = `at most ${durationText(breaker.maxOpen)}, or a longer maxOpen`;
  return [errorIn(draft, ['traffic', 'breaker', 'open'], { rule: 'value', message, hint })];
}
