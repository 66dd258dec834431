import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { Histogram, judgeSlo } from '@islet/policy';
import type { ProxyStats } from '@islet/proxy';
import { pino } from 'pino';
import { freePort } from '../../../../scripts/test/free-port.ts';
import { type SystemSight, systemMetrics } from '../../src/prometheus/metrics.ts';
import { servePrometheus } from '../../src/prometheus/server.ts';

const NONE = new Histogram().toJSON();
const COUNTS = { requests: 7, statuses: { '2xx': 7 }, errors: {}, retries: 0, latencyUs: NONE, inFlight: 0 };

const GUARDS = { waiting: 0, limit: 10, breaker: 'closed', unlogged: 0 };

const SIGHT = {
  proxy: {
    edges: [
      { from: { kind: 'gateway' }, service: 'orders', ...COUNTS, decisions: {}, byRoute: [], routes: [], ...GUARDS },
    ],
    instances: [],
    revisions: [{ service: 'orders', revision: 'r1', ...COUNTS }],
    holds: [],
    unexpected: 0,
  } as unknown as ProxyStats,
  status: {
    system: 'shop',
    version: '0.1.0',
    revision: 3,
    services: [
      {
        name: 'orders',
        state: 'ready',
        instances: { ready: 1, desired: 1 },
        instanceList: [{ id: 'orders-r1.0-0', revision: 'r1', state: 'ready', exits: 0 }],
      },
    ],
  } as unknown as SystemSight['status'],
  usage: { 'orders-r1.0-0': { cpuMs: 1_500, memoryBytes: 1e6 } },
  objectives: [
    {
      objective: {
        service: 'orders',
        key: 'availability',
        slo: { kind: 'availability', percent: 99.9 },
        percent: 99.9,
      },
      verdict: judgeSlo([], 99.9, 0),
    },
  ],
  stores: [
    { service: 'orders', system: 'postgresql', metrics: { 'db.commits': 7, 'db.connections': 2, 'db.size': 8e6 } },
    { service: 'orders', system: 'redis', metrics: { 'db.connections': 1 } },
  ],
  alerts: [
    {
      id: 'a1',
      since: 0,
      seenAt: 0,
      state: { kind: 'firing', toldAt: 0 },
      condition: { rule: 'disk', service: undefined, severity: 'page', summary: 'a "full" disk', why: '', help: '' },
    },
  ],
} as const satisfies SystemSight;

describe('the metrics of a system', () => {
  it('are as promtool wants them', async () => {
    const promtool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const said = Promise.all([text(promtool.stdout), text(promtool.stderr)]);
    promtool.stdin.end(systemMetrics(SIGHT));
    const [code] = await once(promtool, 'exit');
    assert.deepEqual([code, ...(await said)], [0, '', '']);
  });

  it('are read by a real Prometheus, which finds them by itself', async (t) => {
    const port = await freePort();
    using _ = servePrometheus({
      port: () => port,
      log: pino({ level: 'silent' }),
      metrics: async () => systemMetrics(SIGHT),
      targets: () => [{ targets: [`127.0.0.1:${port}`], labels: { islet_system: 'shop' } }],
    });
    const prometheus = await startPrometheus(t, `http://127.0.0.1:${port}/targets`);
    const value = await prometheus.until('islet_edge_requests_total{service="orders",islet_system="shop"}');
    assert.equal(value, '7');
    assert.equal(await prometheus.until('islet_process_cpu_seconds_total'), '1.5');
    assert.equal(await prometheus.until('islet_alert{rule="disk"}'), '1');
  });
});

type Answer =
  | { readonly data?: { readonly result?: readonly { readonly value?: readonly [number, string] }[] } }
  | undefined;

/** Debian's own, on free ports, in a folder of the test's. */
async function startPrometheus(t: TestContext, targets: string) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-prometheus-'));
  const port = await freePort();
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: islet\n    http_sd_configs: [{ url: "${targets}", refresh_interval: 1s }]\n`,
  );
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  t.after(async () => {
    const exited = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    /** The value of a series, once it is there. */
    async until(series: string): Promise<string> {
      const deadline = AbortSignal.timeout(30_000);
      while (!deadline.aborted) {
        if (child.exitCode !== null) throw new Error(`prometheus ended: ${await said}`);
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(series)}`;
        const answer: Answer = await fetch(url)
          .then((response) => response.json() as Promise<Answer>)
          .catch(() => undefined);
        const value = answer?.data?.result?.[0]?.value?.[1];
        if (value !== undefined) return value;
        await new Promise((again) => setTimeout(again, 200));
      }
      throw new Error(`${series} never came`);
    },
  };
}
