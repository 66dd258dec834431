import type { TelemetrySpec } from '@islet/spec';
import type { Signal } from './schema.ts';
import type { Shelf } from './shelf.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface Retention {
  readonly policyOf: (service: string) => TelemetrySpec;
  readonly now: number;
}

/** Deletes whole segments: those that are too old, and the oldest of a service that has more than it may. */
export function expire<R>(shelves: readonly Shelf<R>[], { policyOf, now }: Retention): void {
  for (const shelf of shelves) shelf.expire(now - keepMsOf(shelf.signal, policyOf(shelf.service)));
  for (const [service, own] of Map.groupBy(shelves, (shelf) => shelf.service)) {
    const { maxDiskBytes } = policyOf(service);
    let bytes = own.reduce((sum, shelf) => sum + shelf.bytes, 0);
    if (bytes <= maxDiskBytes) continue;
    for (const { shelf, segment } of oldestFirst(own)) {
      if (bytes <= maxDiskBytes) break;
      bytes -= segment.bytes;
      shelf.remove(segment);
    }
  }
}

/** How long a signal is kept: of metrics the finest for a day, the coarsest to the end. */
export function keepMsOf(signal: Signal, { logs, traces, metrics }: TelemetrySpec): number {
  switch (signal) {
    case 'logs':
      return logs.keepMs;
    case 'spans':
    case 'traces':
      return traces.keepMs;
    case 'metrics-10s':
      return Math.min(metrics.keepMs, DAY_MS);
    case 'metrics-1m':
      return Math.min(metrics.keepMs, 14 * DAY_MS);
    case 'metrics-1h':
      return metrics.keepMs;
  }
}

/** Metrics are small and tell of the longest time: they go last. */
function oldestFirst<R>(shelves: readonly Shelf<R>[]) {
  const isMetric = (signal: Signal) => (signal.startsWith('metrics') ? 1 : 0);
  return shelves
    .flatMap((shelf) => shelf.segments.map((segment) => ({ shelf, segment })))
    .sort(
      (one, other) => isMetric(one.shelf.signal) - isMetric(other.shelf.signal) || one.segment.to - other.segment.to,
    );
}
