import { fallbackCycles } from './content-rules.ts';
import { type Draft, errorIn } from './draft.ts';
import type { SpecError } from './errors.ts';
import { ISLET_FILE, type IsletFile } from './islet-file.ts';
import { keyPlaceAt, nodeAt, type Path, pathText, placeAt } from './located.ts';
import type { GatewaySpec, Place } from './model.ts';
import { oneOf } from './nearest.ts';
import { callerErrors } from './override-rules.ts';
import { layeredOverrides } from './overrides.ts';

/** Rules that services can break only together. */
export function systemErrors(
  all: readonly Draft[],
  system: { readonly islet: IsletFile; readonly gateway: GatewaySpec; readonly isTold: IsTold },
): readonly SpecError[] {
  // What is there twice is told of the second, and so in a file that somebody is told of.
  const drafts = all.toSorted((a, b) => Number(system.isTold(a.file)) - Number(system.isTold(b.file)));
  return [
    ...duplicateServices(drafts),
    ...unknownServices(drafts),
    ...refusedCallers(drafts),
    ...callerErrors(drafts),
    ...duplicateRoutes(drafts),
    ...previewHosts(drafts, system.isTold),
    ...duplicatePreviews(drafts, system.isTold),
    ...httpPortErrors(system),
    ...claimErrors(drafts, system.gateway),
    ...fallbackCycles(drafts, system.isTold),
    ...portCollisions(drafts, system.gateway),
    ...strayOverlays(drafts, system.islet),
  ];
}

type IsTold = (file: string) => boolean;

function duplicateServices(drafts: readonly Draft[]): readonly SpecError[] {
  const first = new Map<string, Draft>();
  return drafts.flatMap((draft) => {
    const other = first.get(draft.name);
    first.set(draft.name, other ?? draft);
    if (other === undefined) return [];
    const message = `"${draft.name}" is already the service at ${placeText(other.namePlace)}`;
    const error = { rule: 'duplicate-service', message, found: draft.name, hint: 'rename one of the two' } as const;
    return [errorIn(draft, ['name'], { ...error, place: draft.namePlace })];
  });
}

function unknownServices(drafts: readonly Draft[]): readonly SpecError[] {
  const names = drafts.map((draft) => draft.name);
  return drafts.flatMap((draft) => {
    const others = names.filter((name) => name !== draft.name);
    const lists = [
      { path: ['uses'], list: draft.parsed?.uses ?? [] },
      { path: ['security', 'allow'], list: draft.parsed?.security.allow ?? [] },
    ];
    return lists.flatMap(({ path, list }) =>
      list.flatMap((name, index) => {
        if (names.includes(name)) return [];
        const message = `there is no service "${name}"`;
        const hint = oneOf(name, others) ?? 'no other service is listed in islet.yaml';
        return [errorIn(draft, [...path, index], { rule: 'unknown-service', message, found: name, hint })];
      }),
    );
  });
}

function refusedCallers(drafts: readonly Draft[]): readonly SpecError[] {
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  return drafts.flatMap((caller) =>
    (caller.parsed?.uses ?? []).flatMap((name, index) => {
      const callee = byName.get(name);
      const allow = callee?.parsed?.security.allow;
      if (callee === undefined || callee === caller || allow === undefined || allow.includes(caller.name)) return [];
      const place = placeText(keyPlaceAt(callee.tree, ['security', 'allow']));
      const message = `"${name}" does not allow "${caller.name}"`;
      const hint = `add "${caller.name}" to security.allow at ${place}, or stop using it`;
      return [errorIn(caller, ['uses', index], { rule: 'not-allowed', message, found: name, hint })];
    }),
  );
}

function duplicateRoutes(drafts: readonly Draft[]): readonly SpecError[] {
  const first = new Map<string, Place>();
  return drafts.flatMap((draft) =>
    (draft.parsed?.api.expose ?? []).flatMap(({ host, path }, index) => {
      const key = `${host ?? ''}${path}`;
      const at = ['api', 'expose', index];
      const place = placeAt(draft.tree, [...at, 'path']);
      const other = first.get(key);
      first.set(key, other ?? place);
      if (other === undefined) return [];
      const message = `${host ?? 'any host'} with path ${path} is already exposed at ${placeText(other)}`;
      const hint = 'choose another path or host for one of the two';
      return [errorIn(draft, at, { rule: 'duplicate-route', message, found: key, hint, place })];
    }),
  );
}

/** A host that leads to previews can't lead to what everybody gets too. */
function previewHosts(drafts: readonly Draft[], isTold: IsTold): readonly SpecError[] {
  const exposed = new Map(
    drafts.flatMap((draft) =>
      (draft.parsed?.api.expose ?? []).map(
        ({ host }, index) => [host, { draft, at: ['api', 'expose', index] }] as const,
      ),
    ),
  );
  return drafts.flatMap((draft) => {
    const host = draft.parsed?.rollout.preview?.host;
    const other = host === undefined ? undefined : exposed.get(host);
    if (host === undefined || other === undefined) return [];
    if (!isTold(draft.file)) return isTold(other.draft.file) ? [leadsToPreview(other, { host, name: draft.name })] : [];
    const place = placeText(placeAt(other.draft.tree, other.at));
    const message = `${host} is what everybody asks: it is exposed at ${place}`;
    const error = {
      rule: 'duplicate-route',
      message,
      found: host,
      hint: `choose another, such as next.${host}`,
    } as const;
    return [errorIn(draft, ['rollout', 'preview', 'host'], error)];
  });
}

/** Several services may be previewed at one host, each at its own paths. */
function leadsToPreview(
  { draft, at }: { readonly draft: Draft; readonly at: Path },
  { host, name }: { readonly host: string; readonly name: string },
): SpecError {
  const message = `${host} leads to the preview of "${name}" already`;
  return errorIn(draft, at, { rule: 'duplicate-route', message, found: host, hint: 'choose another host' });
}

function duplicatePreviews(drafts: readonly Draft[], isTold: IsTold): readonly SpecError[] {
  const first = new Map<string, Draft>();
  return drafts.flatMap((draft) => {
    const host = draft.parsed?.rollout.preview?.host;
    if (host === undefined) return [];
    const paths = [...new Set(draft.parsed?.api.expose.map(({ path }) => path))];
    const taken = paths.find((path) => first.has(`${host}${path}`));
    for (const path of paths) if (!first.has(`${host}${path}`)) first.set(`${host}${path}`, draft);
    if (taken === undefined || !isTold(draft.file)) return [];
    const message = `${host} with path ${taken} leads to the preview of "${first.get(`${host}${taken}`)?.name}" already`;
    const error = {
      rule: 'duplicate-route',
      message,
      found: host,
      hint: 'choose another host for one of the two',
    } as const;
    return [errorIn(draft, ['rollout', 'preview', 'host'], error)];
  });
}

function httpPortErrors({ islet, gateway }: { readonly islet: IsletFile; readonly gateway: GatewaySpec }) {
  if (gateway.tls?.httpPort !== gateway.port) return [];
  const path = 'gateway.tls.httpPort';
  const place = placeAt(islet.tree, ['gateway', 'tls', 'httpPort']);
  const message = 'plain HTTP is recognised on the port of the gateway without it';
  return [
    { place, path, rule: 'value', message, found: String(gateway.port), hint: 'remove it, or choose another port' },
  ] as const;
}

/** A claim counts of a verified token only, and somebody must say whose tokens those are. */
function claimErrors(drafts: readonly Draft[], gateway: GatewaySpec): readonly SpecError[] {
  if (gateway.identity !== undefined) return [];
  return drafts.flatMap((draft) =>
    rateLimitsOf(draft).flatMap(({ path, by }) => {
      if (!by.startsWith('jwt:')) return [];
      const message = 'no token is verified, so nobody has a claim';
      const hint = 'say in islet.yaml whose tokens count: gateway.identity';
      return [errorIn(draft, [...path, 'by'], { rule: 'value', message, found: by, hint })];
    }),
  );
}

/** Those of the service, and of its overrides where they are written. */
function rateLimitsOf({ parsed, tree }: Draft): readonly { readonly path: Path; readonly by: string }[] {
  const own = (parsed?.traffic.rateLimit ?? []).map(({ by }, index) => ({ path: ['traffic', 'rateLimit', index], by }));
  const others = layeredOverrides(nodeAt(tree, ['traffic'])).flatMap(({ at, parsed: { rateLimit = [] } }) => {
    if (at === undefined) return [];
    const path = ['traffic', ...at, 'rateLimit'];
    return nodeAt(tree, path) === undefined ? [] : rateLimit.map(({ by }, index) => ({ path: [...path, index], by }));
  });
  return [...own, ...others];
}

function portCollisions(drafts: readonly Draft[], gateway: GatewaySpec): readonly SpecError[] {
  const taken = new Map<number, string>([[gateway.port, 'the gateway']]);
  if (gateway.tls?.httpPort !== undefined) taken.set(gateway.tls.httpPort, 'the gateway');
  return drafts.flatMap((draft) => {
    const port = draft.parsed?.api.port;
    if (port === undefined) return [];
    const other = taken.get(port);
    const place = placeAt(draft.tree, ['api', 'port']);
    taken.set(port, other ?? `"${draft.name}" at ${placeText(place)}`);
    if (other === undefined) return [];
    const message = `port ${port} already belongs to ${other}`;
    const error = { rule: 'port-collision', message, found: String(port), hint: 'choose another port' } as const;
    return [errorIn(draft, ['api', 'port'], error)];
  });
}

/** An overlay for a service that isn't there, in any environment. */
function strayOverlays(drafts: readonly Draft[], islet: IsletFile): readonly SpecError[] {
  const names = drafts.map((draft) => draft.name);
  const environments = nodeAt(islet.tree, ['environments']);
  const all = environments?.kind === 'map' ? [...environments.entries.keys()] : [];
  return all.flatMap((environment) => {
    const services = nodeAt(islet.tree, ['environments', environment, 'services']);
    const strays = services?.kind === 'map' ? [...services.entries.keys()].filter((name) => !names.includes(name)) : [];
    return strays.map((name): SpecError => {
      const path = ['environments', environment, 'services', name];
      const place = { ...keyPlaceAt(islet.tree, path), file: ISLET_FILE };
      const message = `there is no service "${name}"`;
      const hint = oneOf(name, names);
      return { place, path: pathText(path), rule: 'unknown-service', message, found: name, hint };
    });
  });
}

function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
