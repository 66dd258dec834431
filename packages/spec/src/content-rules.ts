import { type Draft, errorIn, isSound, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { type Files, join } from './files.ts';
import { LIMITS } from './limits.ts';
import { keyPlaceAt, nodeAt, type Path } from './located.ts';
import { layeredOverrides } from './overrides.ts';
import type { ParsedPolicy } from './schema/traffic.ts';

/** Rules of what is done with the content of responses. */
export function contentErrors(draft: SoundDraft, files: Files): readonly SpecError[] {
  return [...protocolErrors(draft), ...fallbackErrors(draft), ...fileErrors(draft, files)];
}

/** A key that would do nothing is a mistake. */
function protocolErrors(draft: SoundDraft): readonly SpecError[] {
  const { protocol } = draft.parsed.api;
  if (protocol === 'http') return [];
  return sectionsOf(draft).flatMap(({ at, parsed }) => {
    const declared = (['cache', 'compress', 'fallback'] as const).filter((key) => parsed[key] !== 'off');
    const ofRequests: readonly string[] = [
      ...(parsed.rateLimit.length > 0 ? ['rateLimit'] : []),
      ...(parsed.hedge === 'off' ? [] : ['hedge']),
    ];
    return [...declared, ...(protocol === 'tcp' ? ofRequests : [])].flatMap((key) => {
      const path = [...at, key];
      if (nodeAt(draft.tree, path) === undefined) return [];
      const speaks = ofRequests.includes(key) ? 'http or grpc' : 'http';
      const message = `it is for services that speak ${speaks}, and this one speaks ${protocol}`;
      return [errorIn(draft, path, { rule: 'value', message, hint: 'remove it', place: keyPlaceAt(draft.tree, path) })];
    });
  });
}

/** The call is made in the name of the service that declares it: it must have the right to it. */
function fallbackErrors(draft: SoundDraft): readonly SpecError[] {
  const { uses } = draft.parsed;
  return standIns(draft).flatMap(({ path, service }) => {
    if (uses.includes(service)) return [];
    const isSelf = service === draft.name;
    const message = isSelf ? 'a service is no fallback for itself' : `"${draft.name}" does not use "${service}"`;
    const hint = isSelf ? 'name another service, or write respond' : `add "${service}" to uses`;
    return [errorIn(draft, path, { rule: isSelf ? 'value' : 'not-allowed', message, found: service, hint })];
  });
}

function fileErrors(draft: SoundDraft, files: Files): readonly SpecError[] {
  return sectionsOf(draft).flatMap(({ at, parsed: { fallback } }) => {
    const path = [...at, 'fallback', 'respond', 'file'];
    const file = fallback === 'off' ? undefined : fallback.respond?.file;
    if (file === undefined || nodeAt(draft.tree, path) === undefined) return [];
    const whole = join(draft.folder, file);
    const text = files.readText(whole);
    if (text === undefined) {
      const error = { rule: 'missing-file', message: `there is no file "${file}"`, found: file } as const;
      return [errorIn(draft, path, { ...error, hint: `looked for ${whole}` })];
    }
    const bytes = Buffer.byteLength(text);
    if (bytes <= LIMITS.fallbackBytes) return [];
    const message = `an answer has at most ${LIMITS.fallbackBytes} bytes, and "${file}" has ${bytes}`;
    return [errorIn(draft, path, { rule: 'value', message, found: file })];
  });
}

/**
 * Services that stand in for one another in a circle would ask each other for ever. Told in files that somebody is told
 * of.
 */
export function fallbackCycles(drafts: readonly Draft[], isTold: (file: string) => boolean): readonly SpecError[] {
  const told = new Set(drafts.filter(({ file }) => isTold(file)).map(({ name }) => name));
  const next = new Map(drafts.map((draft) => [draft.name, isSound(draft) ? standIns(draft) : []]));
  return drafts.flatMap((draft) => {
    for (const { path, service } of next.get(draft.name) ?? []) {
      const circle = wayBack(draft.name, [draft.name, service], next);
      // One error for each circle, at the first of its services.
      if (circle?.filter((name) => told.has(name)).sort()[0] !== draft.name) continue;
      const message = `fallbacks go in a circle: ${circle.join(' → ')}`;
      return [errorIn(draft, path, { rule: 'value', message, hint: 'end one of them with respond' })];
    }
    return [];
  });
}

type StandIns = ReadonlyMap<string, readonly StandIn[]>;

/** The shortest way from the last of `way` to `home`; undefined: there is none. A service itself is another mistake. */
function wayBack(home: string, way: readonly string[], next: StandIns): readonly string[] | undefined {
  const last = way.at(-1) ?? home;
  if (last === home) return undefined;
  const seen = new Set(way);
  const queue: (readonly string[])[] = [way];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const { service } of next.get(at.at(-1) ?? '') ?? []) {
      if (service === home) return [...at, home];
      if (seen.has(service)) continue;
      seen.add(service);
      queue.push([...at, service]);
    }
  }
  return undefined;
}

interface StandIn {
  readonly path: Path;
  readonly service: string;
}

/** Every service that is written as a fallback, once for each place. */
function standIns(draft: SoundDraft): readonly StandIn[] {
  return sectionsOf(draft).flatMap(({ at, parsed: { fallback } }) => {
    const path = [...at, 'fallback', 'service'];
    const service = fallback === 'off' ? undefined : fallback.service;
    return service === undefined || nodeAt(draft.tree, path) === undefined ? [] : [{ path, service }];
  });
}

/** The service's policy, and what is otherwise for some routes and callers. */
function sectionsOf(draft: SoundDraft): readonly { readonly at: Path; readonly parsed: ParsedPolicy }[] {
  const overrides = layeredOverrides(nodeAt(draft.tree, ['traffic']));
  const written = overrides.flatMap(({ at, parsed }) => (at === undefined ? [] : [{ at: ['traffic', ...at], parsed }]));
  return [{ at: ['traffic'], parsed: draft.parsed.traffic }, ...written];
}
