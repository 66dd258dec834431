import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { usageOnDisk } from '@islet/supervise';
import { OWN_SERVICE, revisionOf } from '../logs/all-output.ts';
import type { Orders } from '../orders.ts';
import type { MetricRow } from '../store/rows.ts';
import { Machine } from './machine.ts';
import { labelsText } from './merge.ts';
import {
  countedIn,
  keyOf,
  type ProxyCounts,
  type ProxyReading,
  rowsOf,
  stateRows,
  trafficRows,
} from './proxy-metrics.ts';

export const STEP_MS = 10_000;
const ANSWER_MS = 5_000;

interface Used {
  readonly at: number;
  readonly cpuMs: number;
  readonly startedAt: number;
}

/** Reads what can be measured from outside: the proxy's counters, what processes use, and the machine. */
export class Gatherer {
  readonly #machine = new Machine();
  #counts = new Map<string, ProxyCounts>();
  #used = new Map<string, Used>();
  /** Without a reading before it, what the proxy has counted since its start would all be of this step. */
  #hasRead = false;

  /** Rows of the step that holds `now`. */
  async gather(orders: Orders, now: number): Promise<readonly MetricRow[]> {
    const at = Math.floor(now / STEP_MS) * STEP_MS;
    const reading = await readProxy(orders.paths.proxySocket).catch(() => undefined);
    return [
      ...(reading === undefined ? [] : this.#traffic(reading, at)),
      ...this.#usage(orders, { at, now }),
      ...this.#machine.rows(orders.paths.processes, { at, now }),
    ];
  }

  #traffic(reading: ProxyReading, at: number): MetricRow[] {
    const counted = countedIn(reading);
    const rows = counted.flatMap((one) => {
      const before = this.#counts.get(keyOf(one));
      return before === undefined && !this.#hasRead ? [] : trafficRows(before, one, at);
    });
    this.#counts = new Map(counted.map((one) => [keyOf(one), one.counts]));
    this.#hasRead = true;
    return [...rows, ...stateRows(reading, at)];
  }

  #usage({ paths, services }: Orders, { at, now }: { readonly at: number; readonly now: number }): MetricRow[] {
    const usage = usageOnDisk(paths.processes);
    const rows: MetricRow[] = [];
    const running = new Map<string, number>();
    const used = new Map<string, Used>();
    for (const [name, { cpuMs, memoryBytes, files, startedAt }] of usage) {
      const owner = ownerOf(
        name,
        services.map((one) => one.name),
      );
      const make = rowsOf(owner.service, at);
      const labels = labelsText(owner.labels);
      const before = this.#used.get(name);
      used.set(name, { at: now, cpuMs, startedAt });
      const isSame = before?.startedAt === startedAt && cpuMs >= before.cpuMs && now > before.at;
      if (isSame) {
        rows.push(make.gauge(`${owner.prefix}cpu`, labels, (cpuMs - before.cpuMs) / (now - before.at), 'cores'));
      }
      rows.push(make.gauge(`${owner.prefix}memory`, labels, memoryBytes, 'bytes'));
      if (files !== undefined) rows.push(make.gauge(`${owner.prefix}files`, labels, files, 'files'));
      if (owner.prefix === '') running.set(owner.service, (running.get(owner.service) ?? 0) + 1);
    }
    this.#used = used;
    for (const { name } of services) {
      rows.push(rowsOf(name, at).gauge('instances', '{}', running.get(name) ?? 0, 'instances'));
    }
    return rows;
  }
}

interface Owner {
  readonly service: string;
  /** Of the metric's name: what a service's store uses is not what the service uses. */
  readonly prefix: '' | 'store.' | 'process.';
  readonly labels: Readonly<Record<string, string>>;
}

/** `orders-3f9a2c1d04b7.0-1` is an instance of orders, `postgres-orders` its store; all else is Islet's own. */
export function ownerOf(process: string, services: readonly string[]): Owner {
  // `orders-x` is a service too: the longest name that fits is meant.
  for (const service of services.toSorted((one, other) => other.length - one.length)) {
    const revision = revisionOf(service, process);
    if (revision !== '') return { service, prefix: '', labels: { instance: process, revision } };
    if (STORES.some((kind) => process === `${kind}-${service}`)) {
      return { service, prefix: 'store.', labels: { process } };
    }
  }
  return { service: OWN_SERVICE, prefix: 'process.', labels: { process } };
}

const STORES = ['postgres', 'mariadb', 'redis'] as const;

function readProxy(socketPath: string): Promise<ProxyReading> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request({ socketPath, path: '/stats', agent: false, signal }, (response) => {
      json(response).then((value) => resolve(value as ProxyReading), reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
