import { freezeDeep } from './freeze.ts';
import { type Leaf, leaves } from './leaf.ts';
import type { TelemetrySpec } from './model.ts';
import { durationText, sizeText } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';
import { telemetry } from './schema/telemetry.ts';
import { sloLeaves, sloOf } from './slo.ts';

/** What a parsed telemetry section means. */
export function telemetryOf({ telemetry }: Pick<ParsedService, 'telemetry'>): TelemetrySpec {
  const { logs, traces, metrics, maxDisk, instrument, forward, slo } = telemetry;
  return {
    logs: { keepMs: logs.keep, correlate: logs.correlate },
    traces: { keepMs: traces.keep, sample: traces.sample, slowMs: traces.slow },
    metrics: { keepMs: metrics.keep },
    maxDiskBytes: maxDisk,
    instrument,
    forward,
    slo: sloOf(slo),
  };
}

export function telemetryLeaves({
  logs,
  traces,
  metrics,
  maxDiskBytes,
  instrument,
  forward,
  slo,
}: TelemetrySpec): readonly Leaf[] {
  return [
    ...leaves(['telemetry', 'logs'], { keep: durationText(logs.keepMs), correlate: logs.correlate }),
    ...leaves(['telemetry', 'traces'], {
      keep: durationText(traces.keepMs),
      sample: traces.sample,
      slow: durationText(traces.slowMs),
    }),
    ...leaves(['telemetry', 'metrics'], { keep: durationText(metrics.keepMs) }),
    ...leaves(['telemetry'], { maxDisk: sizeText(maxDiskBytes) }),
    ...leaves(['telemetry'], { instrument, forward }),
    ...sloLeaves(slo),
  ];
}

/** What a file that says nothing of telemetry means. */
export const DEFAULT_TELEMETRY: TelemetrySpec = freezeDeep(telemetryOf({ telemetry: telemetry.parse(undefined) }));
