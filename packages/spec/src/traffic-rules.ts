import { type Draft, errorIn } from './draft.ts';
import type { SpecError } from './errors.ts';
import { durationText } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';

type Sound = Draft & { readonly parsed: ParsedService };

/** Rules between the values of a traffic section. */
export function trafficErrors(draft: Sound): readonly SpecError[] {
  return tryErrors(draft);
}

function tryErrors(draft: Sound): readonly SpecError[] {
  const { request, perTry } = draft.parsed.traffic.timeout;
  if (perTry === undefined || perTry <= request) return [];
  const message = `one try may take ${durationText(perTry)}, and all of them together ${durationText(request)}`;
  const hint = `at most ${durationText(request)}`;
  return [errorIn(draft, ['traffic', 'timeout', 'perTry'], { rule: 'value', message, hint })];
}
