import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeListener, Endpoint, RoutedService } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { DataPlane } from '../src/index.ts';
import type { LoadReport, Noted } from './faults/load-main.ts';
import { type InstanceProcess, ownNetwork, startInstance, startLoad } from './faults/processes.ts';
import { freePort, tableOf } from './world.ts';

/*
 * One instance of two to five goes bad under load, with every setting at its default. Beside the service that has it, a
 * second one, which is well, gets the same load through the same proxy: what both suffer is this machine's doing, and the
 * harm of the bad instance is what only its own service suffers.
 */
const RATE = 200;
const SECONDS = 7;
const BAD_AFTER_MS = 2_000;
/** How soon the harm of a bad instance must have ended. */
const HARM_ENDS_MS = 2_000;
/** A request that finds out whether the instance is well again is asked elsewhere when its first byte is overdue. */
const PROBE_MS = 1_500;
/** Of all requests, those and a machine's own hiccups. */
const STRAY_SHARE = 0.001;

interface Fault {
  readonly what: string;
  readonly begin: (bad: InstanceProcess) => void;
  readonly ownNetwork?: true;
  /** Of a status that may be the request's own fault, so that it is not asked again. */
  readonly mayFail?: number;
}

const FAULTS: readonly Fault[] = [
  { what: 'is killed', begin: (bad) => bad.signal('SIGKILL') },
  { what: 'is stopped (SIGSTOP)', begin: (bad) => bad.signal('SIGSTOP') },
  { what: 'resets every connection', begin: (bad) => bad.tell('resets') },
  { what: 'answers 503', begin: (bad) => bad.tell('unavailable') },
  { what: 'answers two seconds late', begin: (bad) => bad.tell('slow') },
  { what: 'vanishes from the network', begin: (bad) => bad.vanish(), ownNetwork: true },
];

for (const instances of [2, 3, 5]) {
  for (const fault of FAULTS) {
    test(`one of ${instances} instances ${fault.what}: no request fails, and its harm ends soon`, async (t) => {
      const network = fault.ownNetwork === true ? ownNetwork(t) : undefined;
      if (fault.ownNetwork === true && network === undefined) return t.skip('no network namespace can be made here');
      const bad = await startInstance(t, network);
      const others = await startMany(t, instances - 1);
      const urls = await serve(t, [bad, ...others], await startMany(t, instances));
      const load = await startLoad(t, { rate: RATE, seconds: SECONDS, urls });
      await pause(BAD_AFTER_MS);
      const badSince = Date.now();
      fault.begin(bad);
      const [ours, theirs] = await load.report;
      assert.ok(ours !== undefined && theirs !== undefined);

      const failed = ours.noted.filter(({ failure }) => failure !== undefined);
      assert.deepEqual(failed.slice(0, 3), [], `${failed.length} of ${ours.requests} requests failed`);
      const late = harmed(ours, theirs, badSince + HARM_ENDS_MS);
      t.diagnostic(
        `${ours.noted.length} of ${ours.requests} requests late, ${late.length} of them after its harm must have ended`,
      );
      assert.ok(late.length <= ours.requests * STRAY_SHARE, `${late.length} requests were late ${HARM_ENDS_MS} ms on`);
      const longest = Math.max(0, ...late.map(({ tookMs }) => tookMs));
      assert.ok(longest <= PROBE_MS + worst(theirs), `one took ${longest} ms, ${HARM_ENDS_MS} ms on`);
    });
  }
}

test('an instance that answers 500 harms only as many requests as it takes to know it', async (t) => {
  const [bad, ...others] = await startMany(t, 3);
  assert.ok(bad !== undefined);
  const urls = await serve(t, [bad, ...others], await startMany(t, 1));
  const load = await startLoad(t, { rate: RATE, seconds: SECONDS, urls });
  await pause(BAD_AFTER_MS);
  bad.tell('fails');
  const [ours] = await load.report;
  const failed = ours?.noted.filter(({ failure }) => failure !== undefined) ?? [];
  t.diagnostic(`${failed.length} of ${ours?.requests} requests got its 500`);
  // Five in a row, and what was in flight to it by then. A probe that gets a 500 is asked again elsewhere.
  assert.ok(failed.length <= 5 + RATE / 20, `${failed.length} requests`);
});

function startMany(t: TestContext, count: number): Promise<InstanceProcess[]> {
  return Promise.all(Array.from({ length: count }, () => startInstance(t)));
}

/** The URLs of an edge to the service with the bad instance, and of one to the service that is well. */
async function serve(
  t: TestContext,
  ours: readonly InstanceProcess[],
  theirs: readonly InstanceProcess[],
): Promise<readonly string[]> {
  const plane = new DataPlane();
  t.after(() => plane.close({ byMs: 0 }));
  const ports = [await freePort(), await freePort()];
  const names = ['orders', 'stock'];
  const listeners = names.map((service, index): EdgeListener => {
    return { kind: 'edge', caller: 'web', service, host: '127.0.0.1', port: ports[index]! };
  });
  const table = tableOf({ endpoints: endpointsOf(ours), listeners, traffic: DEFAULT_TRAFFIC });
  const { orders } = table.services as { readonly orders: RoutedService };
  await plane.apply({ ...table, services: { orders, stock: { ...orders, endpoints: endpointsOf(theirs) } } });
  return ports.map((port) => `http://127.0.0.1:${port}/`);
}

function endpointsOf(instances: readonly InstanceProcess[]): readonly Endpoint[] {
  return instances.map(({ host, port }) => ({ instance: `i-a.0-${port}`, revision: 'a', host, port }));
}

/** Those that ended after `since`, later than any in the service that is well. */
function harmed(ours: LoadReport, theirs: LoadReport, since: number): readonly Noted[] {
  return ours.noted.filter(({ tookMs, endedAt }) => tookMs > worst(theirs) + 250 && endedAt > since + worst(theirs));
}

function worst({ noted }: LoadReport): number {
  return Math.max(250, ...noted.map(({ tookMs }) => tookMs));
}
