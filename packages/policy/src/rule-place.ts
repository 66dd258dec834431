import type { ServiceTraffic, TrafficOverride, TrafficSpec } from '@islet/spec';
import type { TrafficRule } from './traffic-rule.ts';

/**
 * Where the line is that a rule comes from. A file is written key by key, and so is it inherited: of the caller on the
 * route, the route, the caller and the service, the first that writes a key has the say. So it is enough to know where
 * each key is written, and to look for it in that order; what none of them writes is a default. A section that one of
 * them turns off and a more specific one on again inherits nothing from below.
 */

/** Where the files write what, by path: `services/orders/service.yaml:7` for `traffic.routes[0].timeout.request`. */
export type WrittenLines = Readonly<Record<string, string>>;

export interface RulePlace {
  /** As it is written: `traffic.routes[0].timeout.request`; where it is not, as the rule is called. */
  readonly path: string;
  /** `services/orders/service.yaml:7`, `default`, or who else has set it. */
  readonly from: string;
}

/** What is known of the places of one request's rules. */
export interface Whereabouts {
  /** Of sections that are otherwise, where they can be written, the most specific first: see `placesOf`. */
  readonly written: Readonly<Partial<Record<string, readonly string[]>>>;
  /** Undefined: nobody has said. */
  readonly lines: WrittenLines | undefined;
}

/** `part` is what of the rule has decided: `[1]` of several rate limits. */
export function rulePlace(rule: TrafficRule, part: string, { written, lines }: Whereabouts): RulePlace {
  const known = SET_BY_OTHERS[rule];
  if (known !== undefined) return { path: rule, from: known };
  const [root = '', section = ''] = rule.split('.');
  const places = root === 'traffic' ? (written[section] ?? SERVICE) : [root];
  const called = (place: string) => `${place}${rule.slice(root.length)}${part}`;
  if (lines === undefined) return { path: called(places[0] ?? root), from: 'not known' };
  for (const key of WRITTEN_AS[rule] ?? [`${rule}${part}`]) {
    for (const place of places) {
      const line = lines[`${place}${key.slice(root.length)}`];
      if (line !== undefined) return { path: called(place), from: line };
    }
  }
  return { path: `${rule}${part}`, from: 'default' };
}

/**
 * Where a section can be written whose value holds, of overrides that all concern a request, the most specific first.
 */
export function placesOf(section: keyof TrafficSpec, layers: readonly TrafficOverride[]): readonly string[] {
  const places: string[] = [];
  for (const { at, changes, policy } of layers) {
    // What follows from two has no place of its own: they have.
    if (at === undefined || !changes.includes(section)) continue;
    places.push(placeText(at));
    if (policy[section] === undefined) return places;
  }
  return [...places, ...SERVICE];
}

/** Of the overrides, those that have a say where this one does, the most specific first. */
export function layersOf(
  { caller, route }: TrafficOverride,
  { overrides }: ServiceTraffic,
): readonly TrafficOverride[] {
  const concerned = overrides.filter(
    (one) =>
      (one.caller === undefined || one.caller === caller) &&
      (one.route === undefined || (one.route.method === route?.method && one.route.path === route?.path)),
  );
  return concerned.toSorted((a, b) => RANKS.indexOf(scopeOf(a)) - RANKS.indexOf(scopeOf(b)));
}

/** Who has said otherwise, most specific first; `service`: nobody. */
export type Scope = 'caller-route' | 'route' | 'caller' | 'service';

export function scopeOf({ caller, route }: TrafficOverride): Scope {
  if (route === undefined) return 'caller';
  return caller === undefined ? 'route' : 'caller-route';
}

export const RANKS: readonly Scope[] = ['caller-route', 'route', 'caller', 'service'];

/** `traffic.callers.web.routes[0]` */
export function placeText(at: readonly (string | number)[]): string {
  return at.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), 'traffic');
}

const SERVICE: readonly string[] = ['traffic'];

/** What no file sets. */
const SET_BY_OTHERS: Readonly<Partial<Record<TrafficRule, string>>> = {
  deadline: "the caller's own x-islet-deadline-ms or grpc-timeout",
  drill: 'a drill that is being run',
};

/** Rules without a key of their own, and one that follows from another: the first of these that is written. */
const WRITTEN_AS: Readonly<Partial<Record<TrafficRule, readonly string[]>>> = {
  'traffic.timeout.perTry': ['traffic.timeout.perTry', 'traffic.timeout.request'],
  'traffic.outlier.stall': ['traffic.outlier'],
  'rollout.rule': ['rollout.preview'],
  'rollout.split': ['rollout'],
};
