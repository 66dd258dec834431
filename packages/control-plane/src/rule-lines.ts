import { layersOf, placesOf, placeText, type WrittenLines } from '@islet/policy';
import type { ServiceSpec, ServiceTraffic } from '@islet/spec';

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

/** Tells the line of a value, also of one that an override inherits; undefined: it is a default, or follows from another. */
export function lineFinder(lines: WrittenLines, traffic: ServiceTraffic): (path: string) => string | undefined {
  const overrides = new Map(traffic.overrides.flatMap((one) => (one.at ? [[placeText(one.at), one] as const] : [])));
  const known = new Map<string, readonly string[]>();
  const placesFor = (place: string, section: string): readonly string[] => {
    const override = overrides.get(place);
    const changed = override?.changes.find((name) => name === section);
    return override === undefined || changed === undefined ? [place] : placesOf(changed, layersOf(override, traffic));
  };
  return (path) => {
    const [, place = '', below = '', section = ''] = IN_OVERRIDE.exec(path) ?? [];
    if (place === '') return lines[path];
    const key = `${place} ${section}`;
    const places = known.get(key) ?? placesFor(place, section);
    known.set(key, places);
    return places.flatMap((one) => lines[`${one}${below}`] ?? []).at(0);
  };
}

/** The place of an override, what is below it, and the section that it is of. */
const IN_OVERRIDE = /^(traffic\.(?:callers\.[^.]+(?:\.routes\[\d+\])?|routes\[\d+\]))(\.(\w+).*)$/;
