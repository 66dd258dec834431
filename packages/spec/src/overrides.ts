import { type Located, type LocatedMap, nodeAt, type Path, plainOf } from './located.ts';
import type { RouteMatch, ServiceTraffic, TrafficOverride, TrafficSpec } from './model.ts';
import { type ParsedPolicy, policy } from './schema/traffic.ts';
import { overlay } from './schema/walk.ts';
import { policyOf } from './traffic.ts';

/** An override with all that it inherits, and where each part of it stands. */
export interface Layered {
  readonly at: TrafficOverride['at'];
  readonly caller: string | undefined;
  readonly route: RouteMatch | undefined;
  readonly changes: readonly (keyof TrafficSpec)[];
  /** A whole policy: the service's, with the caller's, the route's and its own over it. */
  readonly tree: Located;
  readonly parsed: ParsedPolicy;
}

/**
 * Everything in a service's `traffic` that is otherwise for some. An override is laid over what it inherits key by key,
 * as an environment is over a file: first the service's policy, then the caller's, then the route's, then the caller's
 * on that route. Where a caller and a route change the same section, and nothing is written for both, what follows for
 * both is added.
 */
export function layeredOverrides(section: Located | undefined): readonly Layered[] {
  if (section?.kind !== 'map') return [];
  const base = sectionsOf(section);
  const routes = routesIn(section, []);
  const callers = [...mapAt(section, 'callers').entries].map(([caller, { node }]) => ({ caller, node }));
  return [
    ...routes.map((route) => layered({ ...route, caller: undefined }, [base, route.own])),
    ...callers.flatMap(({ caller, node }) => {
      const own = sectionsOf(node);
      const written = routesIn(node, ['callers', caller]);
      const followed = routes.filter(({ key, own: theirs }) => {
        return !written.some((route) => route.key === key) && changesOf(theirs).some((name) => own.entries.has(name));
      });
      const shared = (route: WrittenRoute) => routes.find(({ key }) => key === route.key)?.own ?? NOTHING;
      return [
        layered({ at: ['callers', caller], caller, route: undefined }, [base, own]),
        ...written.map((route) => layered({ ...route, caller }, [base, own, shared(route), route.own])),
        ...followed.map(({ route, own: theirs }) => layered({ at: undefined, route, caller }, [base, own, theirs])),
      ];
    }),
  ];
}

export function trafficOf(section: Located | undefined, parsed: ParsedPolicy): ServiceTraffic {
  const overrides = layeredOverrides(section).map(({ at, caller, route, changes, parsed: own }): TrafficOverride => {
    const whole = policyOf(own);
    return { at, caller, route, changes, policy: Object.fromEntries(changes.map((name) => [name, whole[name]])) };
  });
  return { ...policyOf(parsed), overrides };
}

/** The place of a route in its list, and what is compared: two routes are the same where method and path are. */
interface WrittenRoute {
  readonly at: readonly (string | number)[];
  readonly key: string;
  readonly route: RouteMatch;
  readonly own: LocatedMap;
}

function routesIn(node: Located, at: readonly string[]): readonly WrittenRoute[] {
  const list = nodeAt(node, ['routes']);
  if (list?.kind !== 'list') return [];
  return list.items.flatMap((item, index) => {
    const [method, path] = [textAt(item, ['match', 'method']), textAt(item, ['match', 'path'])];
    if (path === undefined) return [];
    return [{ at: [...at, 'routes', index], key: `${method} ${path}`, route: { method, path }, own: sectionsOf(item) }];
  });
}

type Who = Pick<TrafficOverride, 'at' | 'caller' | 'route'>;

/** It changes what its own layer says, if it is written, and what several say: nobody else has put that together. */
function layered({ at, caller, route }: Who, layers: readonly LocatedMap[]): Layered {
  const tree = layers.reduce<Located>((under, over) => overlay(policy, under, over), NOTHING);
  const [, ...above] = layers;
  const names = new Set(above.flatMap(changesOf));
  const changes = [...names].filter((name) => {
    const by = above.filter((layer) => layer.entries.has(name));
    return by.length > 1 || (at !== undefined && by.at(-1) === above.at(-1));
  });
  return { at, caller, route, changes, tree, parsed: policy.parse(plainOf(tree)) };
}

function changesOf({ entries }: LocatedMap): readonly (keyof TrafficSpec)[] {
  return SECTIONS.filter((name) => entries.has(name));
}

function sectionsOf(node: Located): LocatedMap {
  if (node.kind !== 'map') return NOTHING;
  return { ...node, entries: new Map([...node.entries].filter(([key]) => !NO_SECTIONS.has(key))) };
}

function mapAt(node: Located, key: string): LocatedMap {
  const found = nodeAt(node, [key]);
  return found?.kind === 'map' ? found : NOTHING;
}

function textAt(node: Located, path: Path): string | undefined {
  const found = nodeAt(node, path);
  return found?.kind === 'scalar' ? found.text : undefined;
}

const SECTIONS = Object.keys(policy.shape) as readonly (keyof TrafficSpec)[];
const NO_SECTIONS: ReadonlySet<string> = new Set(['routes', 'callers', 'match']);
const NOTHING: LocatedMap = { kind: 'map', place: { file: '', line: 1, column: 1 }, entries: new Map() };
