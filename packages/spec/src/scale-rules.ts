import { type Draft, errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { SCALE_METRICS } from './model.ts';
import { maxOf } from './scale.ts';
import type { ParsedService } from './schema/service.ts';

/** Rules of a scale section that a schema can't say. */
export function scaleErrors(draft: SoundDraft): readonly SpecError[] {
  return [...boundErrors(draft), ...scaleTargetErrors(draft), ...zeroErrors(draft)];
}

function boundErrors(draft: SoundDraft): readonly SpecError[] {
  const { scale, api } = draft.parsed;
  const max = maxOf(scale);
  if (max < scale.min && !lost(draft, 'max') && !lost(draft, 'min')) {
    const message = `max (${max}) is less than min (${scale.min})`;
    const hint = `raise max to ${scale.min}, or lower min to ${max}`;
    return [errorIn(draft, ['scale', 'max'], { rule: 'value', message, found: String(max), hint })];
  }
  if (api.port === undefined || max === 1) return [];
  const path = ['scale', scale.min > 1 ? 'min' : 'max'];
  const message = `port ${api.port} is fixed, so there can be one instance only`;
  const hint = 'remove api.port and listen on $PORT, or scale to 1';
  return [errorIn(draft, path, { rule: 'port-collision', message, found: String(max), hint })];
}

/** What was found wrong already is not missing besides. */
function lost({ dropped }: Draft, key: keyof ParsedService['scale']): boolean {
  return dropped.some(([section, name]) => section === 'scale' && (name === undefined || name === key));
}

/** Keys that would do nothing. */
function scaleTargetErrors(draft: SoundDraft): readonly SpecError[] {
  const { scale, run } = draft.parsed;
  const max = maxOf(scale);
  const errors: SpecError[] = [];
  if (scale.target !== undefined && !lost(draft, 'target') && Object.keys(scale.target).length === 0) {
    const message = 'no target is named';
    const hint = `one of ${SCALE_METRICS.join(', ')}`;
    errors.push(errorIn(draft, ['scale', 'target'], { rule: 'required', message, hint }));
  }
  if (scale.target !== undefined && !lost(draft, 'max') && max <= Math.max(1, scale.min)) {
    const message = `with at most ${max} and at least ${scale.min} the number can't follow a target`;
    const hint = 'write scale.max, the most instances that there may be';
    errors.push(errorIn(draft, ['scale', 'target'], { rule: 'value', message, hint }));
  }
  if (scale.target?.memory !== undefined && run.resources.memory === undefined) {
    const message = 'there is nothing to take a share of: run.resources.memory is not given';
    errors.push(
      errorIn(draft, ['scale', 'target', 'memory'], { rule: 'value', message, hint: 'give it, or remove this' }),
    );
  }
  for (const [index, { min }] of scale.schedule.entries()) {
    if (min <= max || lost(draft, 'max')) continue;
    const message = `${min} instances are more than scale.max (${max})`;
    const error = { rule: 'value', message, found: String(min), hint: `at most ${max}, or raise scale.max` } as const;
    errors.push(errorIn(draft, ['scale', 'schedule', index, 'min'], error));
  }
  return errors;
}

/** The proxy holds the first requests, and of a plain connection it doesn't see whether it is one. */
function zeroErrors(draft: SoundDraft): readonly SpecError[] {
  const { scale, api } = draft.parsed;
  if ((scale.zero === undefined && scale.min > 0) || api.protocol === 'http') return [];
  const path = scale.zero === undefined ? ['scale', 'min'] : ['scale', 'zero'];
  const message = `only http services can be scaled to none, and this one speaks ${api.protocol}`;
  return [errorIn(draft, path, { rule: 'value', message, hint: 'leave one instance running: scale.min 1' })];
}
