import type { InstanceUsage } from '@islet/driver';
import type { InstanceId } from '@islet/plan';
import type { Resources, ScaleSignal } from '@islet/policy';
import type { ResourceSpec, ScaleTarget } from '@islet/spec';
import type { Load } from './load.ts';

/** What instances used, at one look. */
export interface UsageReading {
  readonly at: number;
  readonly usage: Readonly<Record<InstanceId, InstanceUsage>>;
}

export interface Measured {
  /** Undefined: the proxy could not be asked. */
  readonly load: Load | undefined;
  /** Of the ready instances; undefined: it could not be looked. */
  readonly used: readonly Resources[] | undefined;
  readonly resources: ResourceSpec;
}

/** What the instances use now: cores between two looks, bytes at the later one. One that is new is left out. */
export function usedBy(
  ids: readonly InstanceId[],
  before: UsageReading | undefined,
  after: UsageReading | undefined,
): readonly Resources[] | undefined {
  if (before === undefined || after === undefined || after.at <= before.at) return undefined;
  return ids.flatMap((id) => {
    const [was, is] = [before.usage[id], after.usage[id]];
    if (was === undefined || is === undefined || is.cpuMs < was.cpuMs) return [];
    return [{ cpu: (is.cpuMs - was.cpuMs) / (after.at - before.at), memoryBytes: is.memoryBytes }];
  });
}

/** The signals of a service's targets, as sums over its instances. */
export function signalsOf(targets: readonly ScaleTarget[], measured: Measured): readonly ScaleSignal[] {
  return targets.map(({ metric, value }) => ({ metric, target: value, total: totalOf(metric, measured) }));
}

function totalOf(metric: ScaleTarget['metric'], { load, used, resources }: Measured): number | undefined {
  switch (metric) {
    case 'concurrency':
      return load?.concurrency;
    case 'rps':
      return load?.rps;
    case 'p95':
      // Where no request ended and none is under way, nothing is slow.
      return load && (load.p95Ms ?? (load.inFlight === 0 ? 0 : undefined));
    case 'cpu':
      return percent(
        used?.map(({ cpu }) => cpu),
        resources.cpu ?? 1,
      );
    case 'memory':
      return percent(
        used?.map(({ memoryBytes }) => memoryBytes),
        resources.memoryBytes,
      );
  }
}

function percent(used: readonly number[] | undefined, of: number | undefined): number | undefined {
  if (used === undefined || used.length === 0 || of === undefined) return undefined;
  return (used.reduce((sum, one) => sum + one, 0) / of) * 100;
}
