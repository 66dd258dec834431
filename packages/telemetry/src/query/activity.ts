import type { EdgeActivity, ServiceActivity } from '@islet/client';
import { OWN_SERVICE } from '../logs/all-output.ts';
import { labelReader, mergedHistogram } from '../metrics/merge.ts';
import { BREAKER_STATES, GATEWAY } from '../metrics/proxy-metrics.ts';
import { rowsBetween } from '../metrics/roll-up.ts';
import type { MetricRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { valueOfStep } from './metrics.ts';

const STEP_MS = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const SPARKS = 30;
const TRAFFIC: ReadonlySet<string> = new Set(['requests', 'errors', 'latency', 'in-flight', 'breaker', 'ejected']);
const USAGE: ReadonlySet<string> = new Set(['cpu', 'memory', 'instances']);
const STORE: ReadonlySet<string> = new Set(['db.connections', 'db.size', 'db.commits', 'db.commands']);

interface Window {
  /** The end of the window. */
  readonly at: number;
  readonly windowMs: number;
}

type Labelled = MetricRow & { readonly of: Readonly<Record<string, string>> };

/** Who called whom in a window that ends at any moment that is still kept. */
export function edgesAt(store: Store, { at, windowMs }: Window, now: number): EdgeActivity[] {
  const rows = labelled(windowOf(store, { at, windowMs }, now, TRAFFIC));
  const ejected = rows.filter(({ name, sum }) => name === 'ejected' && sum > 0);
  const onEdges = rows.filter(({ of }) => of.scope === 'edge');
  const edges = Map.groupBy(onEdges, ({ service, of }) => `${of.caller} ${service}`);
  return [...edges.values()].map((own) => {
    const callee = own[0]?.service ?? '';
    const [rate, errors] = [ratesOf(own, 'requests', windowMs), ratesOf(own, 'errors', windowMs)];
    const breaker = newestOf(own, 'breaker');
    return {
      caller: own[0]?.of.caller ?? '',
      callee,
      rate,
      errorRate: rate === 0 ? 0 : Math.min(1, errors / rate),
      ...latencyOf(own),
      inFlight: newestOf(own, 'in-flight') ?? 0,
      breaker: BREAKER_STATES[Math.round(breaker ?? 0)] ?? 'closed',
      ejected: [
        ...new Set(ejected.filter(({ service }) => service === callee).map(({ of }) => of.instance ?? '')),
      ].sort(),
    };
  });
}

/** Every service in one line. */
export function overviewOf(store: Store, { at, windowMs }: Window, now: number): ServiceActivity[] {
  const wanted = new Set([...TRAFFIC, ...USAGE, ...STORE]);
  const rows = labelled(windowOf(store, { at, windowMs }, now, wanted));
  const services = Map.groupBy(rows, ({ service }) => service);
  for (const own of ['machine', GATEWAY, OWN_SERVICE]) services.delete(own);
  return [...services]
    .map(([service, own]) => {
      const edges = own.filter(({ of }) => of.scope === 'edge');
      const [rate, errors] = [ratesOf(edges, 'requests', windowMs), ratesOf(edges, 'errors', windowMs)];
      const { p95 } = latencyOf(edges);
      const [cpu, memory] = ['cpu', 'memory'].map((name) => newestStep(own, name));
      return {
        service,
        rate,
        errorRate: rate === 0 ? 0 : Math.min(1, errors / rate),
        ...(p95 !== undefined && { p95 }),
        ...(cpu !== undefined && { cpu }),
        ...(memory !== undefined && { memory }),
        ...storeOf(own, windowMs),
        spark: sparkOf(edges, { at, windowMs }),
      };
    })
    .sort((one, other) => (one.service < other.service ? -1 : 1));
}

/** Databases count transactions, and Redis commands; what counts both (MariaDB) is told by its transactions. */
function storeOf(rows: readonly Labelled[], windowMs: number): Pick<ServiceActivity, 'store'> {
  const [connections, size] = ['db.connections', 'db.size'].map((name) => newestStep(rows, name));
  const counted = rows.some(({ name }) => name === 'db.commits') ? 'db.commits' : 'db.commands';
  if (connections === undefined && size === undefined) return {};
  const isCounted = rows.some(({ name }) => name === counted);
  return {
    store: {
      ...(connections !== undefined && { connections }),
      ...(isCounted && { rate: ratesOf(rows, counted, windowMs) }),
      ...(size !== undefined && { size }),
    },
  };
}

/** What is a day old is there by the minute, what is older than two weeks by the hour. */
function windowOf(store: Store, { at, windowMs }: Window, now: number, names: ReadonlySet<string>) {
  const age = now - (at - windowMs);
  const signal = age <= DAY_MS ? 'metrics-10s' : age <= 14 * DAY_MS ? 'metrics-1m' : 'metrics-1h';
  return rowsBetween(store, signal, undefined, { from: at - windowMs, to: at }, { name: (name) => names.has(name) });
}

function labelled(rows: readonly MetricRow[]): Labelled[] {
  const read = labelReader();
  return rows.map((row) => ({ ...row, of: read(row.labels) }));
}

function ratesOf(rows: readonly Labelled[], name: string, windowMs: number): number {
  return (rows.filter((row) => row.name === name).reduce((sum, row) => sum + row.sum, 0) / windowMs) * 1000;
}

/** Milliseconds. */
function latencyOf(rows: readonly Labelled[]): { readonly p50?: number; readonly p95?: number } {
  const merged = mergedHistogram(rows.filter(({ name }) => name === 'latency'));
  return merged.count === 0 ? {} : { p50: merged.quantile(0.5) / 1000, p95: merged.quantile(0.95) / 1000 };
}

function newestOf(rows: readonly Labelled[], name: string): number | undefined {
  const own = rows.filter((row) => row.name === name);
  const newest = own.reduce<Labelled | undefined>(
    (last, row) => (last === undefined || row.at >= last.at ? row : last),
    undefined,
  );
  return newest && newest.sum / newest.count;
}

/** Over all instances, in the newest step that has any. */
function newestStep(rows: readonly Labelled[], name: string): number | undefined {
  const own = rows.filter((row) => row.name === name);
  const at = own.reduce((most, row) => Math.max(most, row.at), 0);
  return (
    valueOfStep(
      own.filter((row) => row.at === at),
      { quantile: undefined, stepMs: STEP_MS },
    ) ?? undefined
  );
}

/** No finer than what is measured: between two steps there would be nothing, and the line a row of spikes. */
function sparkOf(edges: readonly Labelled[], { at, windowMs }: Window): number[] {
  const count = Math.min(SPARKS, Math.max(1, Math.floor(windowMs / STEP_MS)));
  const width = windowMs / count;
  const sums = new Array<number>(count).fill(0);
  for (const row of edges) {
    const index = Math.min(count - 1, Math.floor((row.at - (at - windowMs)) / width));
    if (row.name === 'requests' && index >= 0) sums[index] = (sums[index] ?? 0) + row.sum;
  }
  return sums.map((sum) => (sum / width) * 1000);
}
