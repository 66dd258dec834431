import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Capacity, CapacityQuestion } from '@islet/client';
import { Histogram } from '@islet/policy';
import { type Eyes, watchLoad } from '../src/scale/watch-load.ts';
import { createHandlers, VirtualClock } from '../src/testing/index.ts';
import { QUICK, world } from './world.ts';

/** A proxy that counts, and instances that use cores, as time goes by on a virtual clock. */
function serving({ rps = 100, ms = 10, cores = 0.5 }: { rps?: number; ms?: number; cores?: number }) {
  const clock = new VirtualClock();
  const since = clock.now();
  const seconds = () => (clock.now() - since) / 1000;
  const ready = ['web-1.0-0', 'web-1.0-1'];
  const eyes: Eyes = {
    clock,
    ready: () => [...ready],
    edges: async () => [edge('web', { requests: rps * seconds(), ms }), edge('catalog', { requests: 7, ms: 500 })],
    usage: async () =>
      Object.fromEntries(ready.map((id) => [id, { cpuMs: (cores / 2) * seconds() * 1000, memoryBytes: 1 }])),
  };
  return { clock, eyes, ready };
}

function edge(service: string, { requests, ms }: { requests: number; ms: number }) {
  const latency = new Histogram();
  for (let request = 0; request < requests; request++) latency.record(ms * 1000);
  return { from: 'gateway', service, requests, inFlight: 0, latencyUs: latency.toJSON() };
}

describe('watching a load', () => {
  it('tells the whole and both halves, of this service alone', async () => {
    const { clock, eyes } = serving({});
    const watching = watchLoad('web', 10_000, eyes);
    await clock.pass(10_000);
    const watched = await watching;
    assert.ok(watched !== undefined);
    assert.equal(watched.instances, 2);
    for (const { load, cores } of [watched.whole, watched.first, watched.second]) {
      assert.deepEqual([load.rps, cores], [100, 0.5]);
      assert.ok(Math.abs((load.meanMs ?? 0) - 10) < 0.01);
    }
  });

  it('tells nothing of a time in which an instance went', async () => {
    const { clock, eyes, ready } = serving({});
    const watching = watchLoad('web', 10_000, eyes);
    await clock.pass(5_000);
    ready.pop();
    await clock.pass(5_000);
    assert.equal(await watching, undefined);
  });

  it('knows no cores where one of its instances was not measured', async () => {
    const { clock, eyes } = serving({});
    const usage = async () => ({ 'web-1.0-0': { cpuMs: clock.now() % 1e6, memoryBytes: 1 } });
    const watching = watchLoad('web', 10_000, { ...eyes, usage });
    await clock.pass(10_000);
    assert.equal((await watching)?.whole.cores, undefined);
  });

  it('fails where the proxy can not be asked', async () => {
    const { eyes } = serving({});
    const edges = () => Promise.reject(new Error('the proxy is gone'));
    await assert.rejects(watchLoad('web', 10_000, { ...eyes, edges }), /the proxy is gone/);
  });
});

describe('capacity', () => {
  const ONE = {
    'islet.yaml': 'system: one\nservices: [services/*]\ngateway: { port: 28080 }\nmachine: { cpu: 1 }\n',
    'services/web/service.yaml': `run: { command: serve }\nscale: { min: 2, max: 3, target: { rps: 100 } }\n${QUICK}`,
  };

  /** 100 requests come, and a tenth of a second of a core is used, each time that anybody looks. */
  async function asked(t: TestContext, question: Partial<CapacityQuestion>, { perLook = 100, cpuMs = 100 } = {}) {
    const w = world(t, ONE);
    await w.up();
    const { compute, stats } = w.system.parts;
    const clock = new VirtualClock();
    let looks = 0;
    const parts = {
      ...w.system.parts,
      clock,
      stats: async () => {
        looks += 1;
        return { ...(await stats()), edges: [edge('web', { requests: looks * perLook, ms: 5 })] };
      },
      compute: {
        ...compute,
        usage: async () =>
          Object.fromEntries(Object.keys(w.pids()).map((id) => [id, { cpuMs: looks * cpuMs, memoryBytes: 1 }])),
      },
    };
    const body = { rps: 500, utilizationPercent: 70, overMs: 1_000, ...question };
    const call = { params: { service: 'web' }, query: {}, body, signal: new AbortController().signal };
    const answer = createHandlers({ ...w.system, parts }).capacity(call as never);
    await clock.pass(1_000);
    return (await answer) as Capacity;
  }

  it('forecasts what a rate needs, and warns of what it can not have', async (t) => {
    // 2 ms of a core for each request: 2,000 requests a second keep four cores busy.
    const told = await asked(t, { rps: 2_000 });
    assert.ok(told.kind === 'forecast');
    assert.ok(Math.abs(told.model.serviceMs - 2) < 1e-6, String(told.model.serviceMs));
    assert.equal(told.needed.instances, 6);
    assert.equal(told.unchanged, undefined, 'two instances have two cores');
    assert.match(told.warnings.join('\n'), /scale\.max is 3.*budget has 1 .*times the load/s);
    assert.ok(told.error !== undefined && Math.abs(told.error.mean) < 0.2);
  });

  it('refuses to guess from a handful of requests, and says what to do', async (t) => {
    const told = await asked(t, {}, { perLook: 10 });
    assert.ok(told.kind === 'refused');
    assert.match(`${told.why} ${told.hint}`, /fewer than 50 requests.*--over/);
  });

  it('without processor times asks for what only a person knows, and goes on with that', async (t) => {
    const told = await asked(t, {}, { cpuMs: 0 });
    assert.ok(told.kind === 'refused');
    assert.match(told.hint, /--parallel/);
    const declared = await asked(t, { parallel: 4 }, { cpuMs: 0 });
    assert.ok(declared.kind === 'forecast');
    assert.deepEqual([declared.model.limit, declared.model.serversPerInstance], ['declared', 4]);
  });
});
