import { type Leaf, leaves } from './leaf.ts';
import { durationText } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';
import { LATENCY_SHARES, type LatencyShare, type SloSpec } from './slo-model.ts';

/** What a parsed section promises: one of each name; nothing where it is off. */
export function sloOf(slo: ParsedService['telemetry']['slo']): readonly SloSpec[] {
  if (slo === 'off') return [];
  const { availability, latency = {} } = slo;
  return [
    ...(availability === 'off' ? [] : [{ kind: 'availability' as const, percent: availability }]),
    ...(Object.keys(LATENCY_SHARES) as LatencyShare[]).flatMap((share) => {
      const withinMs = latency[share];
      return withinMs === undefined ? [] : [{ kind: 'latency' as const, share, withinMs }];
    }),
  ];
}

export function sloLeaves(slo: readonly SloSpec[]): readonly Leaf[] {
  if (slo.length === 0) return leaves(['telemetry'], { slo: 'off' });
  const availability = slo.find((one) => one.kind === 'availability');
  return [
    ...leaves(['telemetry', 'slo'], { availability: availability === undefined ? 'off' : `${availability.percent}%` }),
    ...slo.flatMap((one) =>
      one.kind === 'latency'
        ? leaves(['telemetry', 'slo', 'latency'], { [one.share]: durationText(one.withinMs) })
        : [],
    ),
  ];
}
