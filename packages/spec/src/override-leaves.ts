import { type Leaf, leaves } from './leaf.ts';
import type { ServiceTraffic } from './model.ts';
import { withOverride } from './model.ts';
import { trafficLeaves } from './traffic-leaves.ts';

/** The effective values of the sections that a route's or a caller's override changes, each as a whole. */
export function overrideLeaves(traffic: ServiceTraffic): readonly Leaf[] {
  return traffic.overrides.flatMap((override) => {
    const { at, route, changes } = override;
    if (at === undefined) return [];
    const section = ['traffic', ...at];
    const match = route === undefined ? undefined : [route.method ?? [], route.path].flat().join(' ');
    const all = trafficLeaves(section, withOverride(traffic, override));
    return [
      ...leaves(section, { match }),
      ...all.filter(({ keys }) => changes.some((name) => name === keys[section.length])),
    ];
  });
}
