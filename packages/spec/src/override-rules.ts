import { type Draft, errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { keyPlaceAt, type Located, nodeAt, type Path, pathText, replaceAt } from './located.ts';
import type { Place } from './model.ts';
import { type Layered, layeredOverrides } from './overrides.ts';

/** Mistakes that a route's or a caller's override makes together with what it inherits, where it makes them. */
export function overrideErrors(
  draft: SoundDraft,
  policyErrors: (draft: SoundDraft) => readonly SpecError[],
): readonly SpecError[] {
  const overrides = layeredOverrides(nodeAt(draft.tree, ['traffic']));
  return [
    ...twice(draft, overrides),
    ...unreadRoutes(draft, overrides),
    ...overrides.flatMap((override) => brokenTogether(draft, override, policyErrors)),
  ];
}

function brokenTogether(
  draft: SoundDraft,
  { at, tree, parsed }: Layered,
  policyErrors: (draft: SoundDraft) => readonly SpecError[],
): readonly SpecError[] {
  if (at === undefined) return [];
  const traffic = { ...draft.parsed.traffic, ...parsed };
  const layered = { ...draft, tree: replaceAt(draft.tree, ['traffic'], tree), parsed: { ...draft.parsed, traffic } };
  const own = new Set(placesIn(nodeAt(draft.tree, ['traffic', ...at])).map(placeKey));
  // What it only inherits is told where that stands.
  return policyErrors(layered)
    .filter(({ place }) => own.has(placeKey(place)))
    .map((error) => ({ ...error, path: error.path.replace(/(^|\.)traffic\./, `$1${pathText(['traffic', ...at])}.`) }));
}

function twice(draft: SoundDraft, overrides: readonly Layered[]): readonly SpecError[] {
  const seen = new Set<string>();
  return overrides.flatMap(({ at, caller, route }) => {
    if (at === undefined || route === undefined) return [];
    const key = JSON.stringify([caller, route.method, route.path]);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const found = [route.method ?? [], route.path].flat().join(' ');
    const error = { rule: 'value', message: `the route ${found} stands twice`, found, hint: 'keep one' } as const;
    return [errorIn(draft, ['traffic', ...at, 'match'], error)];
  });
}

function unreadRoutes(draft: SoundDraft, overrides: readonly Layered[]): readonly SpecError[] {
  if (draft.parsed.api.protocol !== 'tcp') return [];
  const routes = overrides.flatMap(({ at, route }) => (at === undefined || route === undefined ? [] : [at]));
  return routes.map((at) => {
    const message = 'the bytes of a tcp service are not looked at, so it has no routes';
    return errorIn(draft, ['traffic', ...at, 'match'], { rule: 'value', message, hint: 'remove it' });
  });
}

/** Callers whose word would never count. */
export function callerErrors(drafts: readonly Draft[]): readonly SpecError[] {
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  return drafts.flatMap((draft) =>
    Object.keys(draft.parsed?.traffic.callers ?? {}).flatMap((name) => {
      const path: Path = ['traffic', 'callers', name];
      const caller = byName.get(name);
      if (caller?.parsed?.uses.includes(draft.name) || (name === 'gateway' && draft.parsed?.api.expose.length))
        return [];
      const users = drafts.filter(({ parsed }) => parsed?.uses.includes(draft.name)).map((one) => one.name);
      const known = users.length === 0 ? 'no service uses it' : `it is used by ${users.join(', ')}`;
      const message =
        name === 'gateway'
          ? `"${draft.name}" is not exposed, so the gateway never calls it`
          : `"${name}" does not use "${draft.name}", so it never calls it`;
      const rule = caller === undefined && name !== 'gateway' ? 'unknown-service' : 'value';
      const place = keyPlaceAt(draft.tree, path);
      return [errorIn(draft, path, { rule, message, found: name, hint: known, place })];
    }),
  );
}

function placesIn(node: Located | undefined): readonly Place[] {
  if (node === undefined) return [];
  if (node.kind === 'scalar') return [node.place];
  if (node.kind === 'list') return [node.place, ...node.items.flatMap(placesIn)];
  return [node.place, ...[...node.entries.values()].flatMap((entry) => [entry.keyPlace, ...placesIn(entry.node)])];
}

function placeKey({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
