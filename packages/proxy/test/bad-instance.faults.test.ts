import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeListener, Endpoint, RequestRecord, RoutedService, TryRecord } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { freePort } from '../../../scripts/test/free-port.ts';
import { DataPlane } from '../src/plane.ts';
import { type InstanceProcess, ownNetwork, startInstance, startLoad } from './faults/processes.ts';
import { tableOf } from './world.ts';

/*
 * One instance of two to five goes bad under load, with every setting at its default. When its harm has ended is judged by what the
 * proxy did, as its records tell, and not by how long requests took: a busy machine makes any request late. From then on no request may
 * be sent to it but such as is to find out whether it is well again, one at a time, and such as nobody takes there, which costs nothing.
 * Beside the service that has it, a second one, which is well, gets the same load through the same proxy.
 */
const RATE = 200;
const SECONDS = 7;
const BAD_AFTER_MS = 2_000;
/** How soon the harm of a bad instance must have ended. */
const HARM_ENDS_MS = 2_000;
/** Every request has its record: 400 come each second. */
const TRAFFIC = { ...DEFAULT_TRAFFIC, accessLog: { ...DEFAULT_TRAFFIC.accessLog, sample: 10 * RATE } };

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

/** Those that end no connection: over HTTP/2 all requests to an instance share one. */
const SILENT = FAULTS.filter(({ what }) => what.includes('SIGSTOP') || what.includes('vanishes'));

for (const { instances, faults, http2 } of [
  ...[2, 3, 5].map((instances) => ({ instances, faults: FAULTS, http2: false })),
  { instances: 2, faults: SILENT, http2: true },
]) {
  for (const fault of faults) {
    const spoken = http2 ? ' and speaks HTTP/2' : '';
    test(`one of ${instances} instances ${fault.what}${spoken}: no request fails, and its harm ends soon`, async (t) => {
      const network = fault.ownNetwork === true ? ownNetwork(t) : undefined;
      if (fault.ownNetwork === true && network === undefined) return t.skip('no network namespace can be made here');
      const bad = await startInstance(t, { network, http2 });
      const others = await startMany(t, instances - 1, http2);
      const records: RequestRecord[] = [];
      const urls = await serve(t, [bad, ...others], await startMany(t, instances, http2), records, http2);
      const load = await startLoad(t, { rate: RATE, seconds: SECONDS, urls });
      await pause(BAD_AFTER_MS);
      const badSince = Date.now();
      fault.begin(bad);
      const [ours, theirs] = await load.report;
      assert.ok(ours !== undefined && theirs !== undefined);

      const failed = ours.noted.filter(({ failure }) => failure !== undefined);
      assert.deepEqual(failed.slice(0, 3), [], `${failed.length} of ${ours.requests} requests failed`);
      const tries = triesOf(records, instanceOf(bad));
      // What was under way to it may be all that the proxy needs to know it.
      const before = tries.filter((one) => endOf(one) >= badSince && one.at < badSince + HARM_ENDS_MS);
      assert.ok(before.length > 0, 'the proxy has met the bad instance');
      const after = tries.filter(({ at }) => at >= badSince + HARM_ENDS_MS);
      const probes = after.filter(({ probe }) => probe === true);
      t.diagnostic(
        `${before.length} of ${ours.requests} requests met it, then ${after.length}, of which ${probes.length} found out; ${ours.noted.length} took long, ${theirs.noted.length} of the other service`,
      );
      const harmed = after.filter(({ probe, outcome }) => probe !== true && outcome !== 'connection-refused');
      assert.deepEqual(harmed, [], `${HARM_ENDS_MS} ms on, requests are sent to it`);
      assert.deepEqual(atOnce(probes), [], 'one at a time finds out');
    });
  }
}

test('an instance that answers 500 harms only as many requests as it takes to know it', async (t) => {
  const [bad, ...others] = await startMany(t, 3);
  assert.ok(bad !== undefined);
  const urls = await serve(t, [bad, ...others], await startMany(t, 1), []);
  const load = await startLoad(t, { rate: RATE, seconds: SECONDS, urls });
  await pause(BAD_AFTER_MS);
  bad.tell('fails');
  const [ours] = await load.report;
  const failed = ours?.noted.filter(({ failure }) => failure !== undefined) ?? [];
  t.diagnostic(`${failed.length} of ${ours?.requests} requests got its 500`);
  // Five in a row, and what was in flight to it by then. A probe that gets a 500 is asked again elsewhere.
  assert.ok(failed.length <= 5 + RATE / 20, `${failed.length} requests`);
});

function startMany(t: TestContext, count: number, http2 = false): Promise<InstanceProcess[]> {
  return Promise.all(Array.from({ length: count }, () => startInstance(t, { http2 })));
}

/** The URLs of an edge to the service with the bad instance, and of one to the service that is well. */
async function serve(
  t: TestContext,
  ours: readonly InstanceProcess[],
  theirs: readonly InstanceProcess[],
  records: RequestRecord[],
  http2 = false,
): Promise<readonly string[]> {
  const plane = new DataPlane({ sink: { write: (line) => records.push(JSON.parse(line) as RequestRecord) } });
  t.after(() => plane.close({ byMs: 0 }));
  const ports = [await freePort(), await freePort()];
  const names = ['orders', 'stock'];
  const listeners = names.map((service, index): EdgeListener => {
    return { kind: 'edge', caller: 'web', service, host: '127.0.0.1', port: ports[index]! };
  });
  const table = tableOf({ endpoints: endpointsOf(ours, http2), listeners, traffic: TRAFFIC });
  const { orders } = table.services as { readonly orders: RoutedService };
  await plane.apply({ ...table, services: { orders, stock: { ...orders, endpoints: endpointsOf(theirs, http2) } } });
  return ports.map((port) => `http://127.0.0.1:${port}/`);
}

function endpointsOf(instances: readonly InstanceProcess[], http2: boolean): readonly Endpoint[] {
  return instances.map((it) => ({ instance: instanceOf(it), revision: 'a', host: it.host, port: it.port, http2 }));
}

function instanceOf({ port }: InstanceProcess): string {
  return `i-a.0-${port}`;
}

interface MetTry extends TryRecord {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
}

/** The tries that were sent to one instance. */
function triesOf(records: readonly RequestRecord[], instance: string): readonly MetTry[] {
  return records.flatMap(({ at, tries }) =>
    tries.filter((one) => one.instance === instance).map((one) => ({ ...one, at: at + one.start })),
  );
}

/** Those that began while the one before was under way. */
function atOnce(probes: readonly MetTry[]): readonly MetTry[] {
  const sorted = probes.toSorted((a, b) => a.at - b.at);
  return sorted.filter((probe, index) => {
    const before = sorted[index - 1];
    return before !== undefined && probe.at < endOf(before);
  });
}

function endOf({ at, start, end }: MetTry): number {
  return at + end - start;
}
