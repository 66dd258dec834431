import { layersOf, placesOf, placeText, type WrittenLines } from '@islet/policy';
import type { ServiceSpec, ServiceTraffic, TrafficOverride } from '@islet/spec';

/** Where the files write what they say of a service. */
export function writtenLines({ written }: Pick<ServiceSpec, 'written'>): WrittenLines {
  return Object.fromEntries([...written].map(([path, { file, line }]) => [path, `${file}:${line}`]));
}

const RULES_AMONG = new WeakMap<WrittenLines, WrittenLines>();

/** Of these, those of what can decide of a request. They are most of a table where files say much, and the same in each turn. */
export function ruleLines(lines: WrittenLines): WrittenLines {
  const known = RULES_AMONG.get(lines);
  if (known !== undefined) return known;
  const found = Object.fromEntries(Object.entries(lines).filter(([path]) => RULE_PATH.test(path)));
  RULES_AMONG.set(lines, found);
  return found;
}

/** Of a route, what it is for decides nothing. */
const RULE_PATH = /^(traffic\.(?!.*\]\.match)|rollout(\.bake|\.preview)?$|scale\.zero\.)/;

/** The line of a value, also of one that an override inherits; undefined: it is a default, or follows from another. */
export function lineOf(path: string, lines: WrittenLines, traffic: ServiceTraffic): string | undefined {
  const override = traffic.overrides.find(({ at }) => at !== undefined && path.startsWith(`${placeText(at)}.`));
  return override === undefined ? lines[path] : inherited(path, override, { lines, traffic });
}

function inherited(
  path: string,
  override: TrafficOverride,
  { lines, traffic }: { readonly lines: WrittenLines; readonly traffic: ServiceTraffic },
): string | undefined {
  const below = path.slice(placeText(override.at ?? []).length);
  const section = override.changes.find(
    (name) => below === `.${name}` || below.startsWith(`.${name}.`) || below.startsWith(`.${name}[`),
  );
  if (section === undefined) return lines[path];
  const places = placesOf(section, layersOf(override, traffic));
  return places.flatMap((place) => lines[`${place}${below}`] ?? []).at(0);
}
