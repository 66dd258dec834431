import { type Draft, errorIn } from './draft.ts';
import type { SpecError } from './errors.ts';
import { type Files, join } from './files.ts';
import { LIMITS } from './limits.ts';
import { keyPlaceAt, placeAt } from './located.ts';
import type { ParsedService } from './schema/service.ts';

type Sound = Draft & { readonly parsed: ParsedService };

/** Rules of what is done with the content of responses. */
export function contentErrors(draft: Sound, files: Files): readonly SpecError[] {
  return [...protocolErrors(draft), ...fallbackErrors(draft), ...fileErrors(draft, files)];
}

/** A key that would do nothing is a mistake. */
function protocolErrors(draft: Sound): readonly SpecError[] {
  const { api, traffic } = draft.parsed;
  if (api.protocol === 'http') return [];
  const declared = (['cache', 'compress', 'fallback'] as const).filter((key) => (traffic[key] ?? 'off') !== 'off');
  return declared.map((key) => {
    const path = ['traffic', key];
    const message = `it is for services that speak http, and this one speaks ${api.protocol}`;
    const place = keyPlaceAt(draft.tree, path);
    return errorIn(draft, path, { rule: 'value', message, hint: 'remove it', place });
  });
}

/** The call is made in the name of the service that declares it: it must have the right to it. */
function fallbackErrors(draft: Sound): readonly SpecError[] {
  const { traffic, uses } = draft.parsed;
  const service = serviceOf(draft);
  if (service === undefined || traffic.fallback === 'off' || uses.includes(service)) return [];
  const isSelf = service === draft.name;
  const message = isSelf ? 'a service is no fallback for itself' : `"${draft.name}" does not use "${service}"`;
  const hint = isSelf ? 'name another service, or write respond' : `add "${service}" to uses`;
  return [errorIn(draft, PATH, { rule: isSelf ? 'value' : 'not-allowed', message, found: service, hint })];
}

function fileErrors(draft: Sound, files: Files): readonly SpecError[] {
  const { fallback } = draft.parsed.traffic;
  const file = fallback === undefined || fallback === 'off' ? undefined : fallback.respond?.file;
  if (file === undefined) return [];
  const whole = join(draft.folder, file);
  const text = files.readText(whole);
  const path = ['traffic', 'fallback', 'respond', 'file'];
  if (text === undefined) {
    const error = { rule: 'missing-file', message: `there is no file "${file}"`, found: file } as const;
    return [errorIn(draft, path, { ...error, hint: `looked for ${whole}` })];
  }
  if (Buffer.byteLength(text) <= LIMITS.fallbackBytes) return [];
  const message = `an answer has at most ${LIMITS.fallbackBytes} bytes, and "${file}" has ${Buffer.byteLength(text)}`;
  return [errorIn(draft, path, { rule: 'value', message, found: file })];
}

/** Services that stand in for one another in a circle would ask each other for ever. */
export function fallbackCycles(drafts: readonly Draft[]): readonly SpecError[] {
  const next = new Map(drafts.map((draft) => [draft.name, serviceOf(draft)]));
  return drafts.flatMap((draft) => {
    const chain = [draft.name];
    for (let at = next.get(draft.name); at !== undefined && !chain.includes(at); at = next.get(at)) chain.push(at);
    const back = next.get(chain.at(-1) ?? '');
    // One error for each circle, at the first of its services.
    if (chain.length < 2 || back !== draft.name || [...chain].sort()[0] !== draft.name) return [];
    const message = `fallbacks go in a circle: ${[...chain, back].join(' → ')}`;
    const place = placeAt(draft.tree, PATH);
    return [errorIn(draft, PATH, { rule: 'value', message, hint: 'end one of them with respond', place })];
  });
}

function serviceOf({ parsed }: Draft): string | undefined {
  const fallback = parsed?.traffic.fallback;
  return fallback === undefined || fallback === 'off' ? undefined : fallback.service;
}

const PATH = ['traffic', 'fallback', 'service'];
