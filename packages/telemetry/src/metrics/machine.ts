import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';
import type { MetricRow } from '../store/rows.ts';
import { rowsOf } from './proxy-metrics.ts';

/** What the machine as a whole has and uses. */
export class Machine {
  #before: { readonly at: number; readonly busyMs: number } | undefined;

  /** `folder` lies on the disk that is looked at. */
  rows(folder: string, { at, now }: { readonly at: number; readonly now: number }): MetricRow[] {
    const make = rowsOf('machine', at);
    const gauge = (name: string, value: number, unit: string) => make.gauge(`machine.${name}`, '{}', value, unit);
    const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0);
    const before = this.#before;
    this.#before = { at: now, busyMs };
    const { blocks, bavail, bsize } = statfsSync(folder);
    return [
      ...(before === undefined || now <= before.at
        ? []
        : [gauge('cpu', Math.max(0, busyMs - before.busyMs) / (now - before.at), 'cores')]),
      gauge('cores', availableParallelism(), 'cores'),
      gauge('load', loadavg()[0] ?? 0, 'processes'),
      gauge('memory', totalmem() - availableBytes(), 'bytes'),
      gauge('memory.total', totalmem(), 'bytes'),
      gauge('disk', (blocks - bavail) * bsize, 'bytes'),
      gauge('disk.total', blocks * bsize, 'bytes'),
    ];
  }
}

/** What the kernel could give to whoever asks; `freemem` would count its caches as used. */
function availableBytes(): number {
  try {
    const [, kib] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
    return kib === undefined ? freemem() : Number(kib) * 1024;
  } catch {
    return freemem();
  }
}
