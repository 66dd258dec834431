import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceId } from '@islet/plan';
import type { Endpoint, RoutingTable } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { DriverError } from '../errors.ts';
import type { TrafficDriver, TrafficObservation } from '../traffic.ts';

/** A traffic driver under test, and the hand that plays the world around it. */
export interface TrafficSubject {
  readonly driver: TrafficDriver;
  /** An address where an instance of this name takes requests and answers none of them. */
  endpoint(instance: InstanceId): Promise<Endpoint>;
  /** Puts one request in flight to the only instance in the table. */
  hold(instance: InstanceId): Promise<void>;
  /** Puts one stream of events in flight to it. */
  stream(instance: InstanceId): Promise<void>;
  /** Ends every held request. */
  release(): Promise<void>;
  stopProxy(): Promise<void>;
  startProxy(): Promise<void>;
}

const options = () => ({ signal: AbortSignal.timeout(5_000) });

/** Registers what every traffic driver must hold to. */
export function trafficConformance(name: string, make: (t: TestContext) => Promise<TrafficSubject>): void {
  test(`${name}: an unreachable proxy is told, not thrown; a publish to it can be tried again`, async (t) => {
    const { driver, stopProxy } = await make(t);
    await stopProxy();
    const seen = await driver.observe();
    assert.equal(seen.kind, 'unreachable');
    await assert.rejects(driver.publish(table(1), options()), (thrown) => {
      return thrown instanceof DriverError && thrown.code === 'unavailable' && thrown.retryable;
    });
  });

  test(`${name}: an older table is refused as a conflict, and the newer one stays`, async (t) => {
    const { driver } = await make(t);
    await driver.publish(table(2), options());
    const isConflict = (thrown: unknown) => thrown instanceof DriverError && thrown.code === 'conflict';
    await assert.rejects(driver.publish(table(1), options()), isConflict);
    await assert.rejects(driver.publish({ ...table(2), routes: 'other' }, options()), isConflict);
    assert.equal((await reachable(driver)).table?.version, 2);
  });

  test(`${name}: a proxy that never got a table has none`, async (t) => {
    const { driver } = await make(t);
    const seen = await reachable(driver);
    assert.equal(seen.table, undefined);
    assert.deepEqual(seen.inFlight, {});
  });

  test(`${name}: what was published is what is observed, as soon as publish returns`, async (t) => {
    const { driver, endpoint } = await make(t);
    const one = table(1, await endpoint('orders-a.0-0'));
    await driver.publish(one, options());
    assert.deepEqual(plain((await reachable(driver)).table), plain(one));
  });

  test(`${name}: publishing the same table twice is publishing it once`, async (t) => {
    const { driver } = await make(t);
    await driver.publish(table(1), options());
    await driver.publish(table(1), options());
    assert.equal((await reachable(driver)).table?.version, 1);
  });

  test(`${name}: the last table outlives the proxy`, async (t) => {
    const { driver, stopProxy, startProxy } = await make(t);
    await driver.publish(table(7), options());
    const before = (await reachable(driver)).pid;
    await stopProxy();
    await startProxy();
    const after = await reachable(driver);
    assert.equal(after.table?.version, 7);
    assert.notEqual(after.pid, before);
  });

  test(`${name}: what is in flight to a removed instance is told until it ends, and then watchers are called`, async (t) => {
    const { driver, endpoint, hold, release } = await make(t);
    const [old, young] = [await endpoint('orders-a.0-0'), await endpoint('orders-b.0-0')];
    await driver.publish(table(1, old), options());
    await hold(old.instance);
    assert.deepEqual((await reachable(driver)).inFlight, { [old.instance]: 1 });
    await driver.publish(table(2, young), options());
    assert.deepEqual((await reachable(driver)).inFlight, { [old.instance]: 1 });
    const calls = counter(driver);
    await calls.settle();
    const before = calls.count();
    await release();
    await calls.beyond(before);
    assert.deepEqual((await reachable(driver)).inFlight, {});
  });

  test(`${name}: a stream is in flight, and told apart from a request`, async (t) => {
    const { driver, endpoint, hold, stream } = await make(t);
    const endpoints = [await endpoint('orders-a.0-0')];
    await driver.publish(table(1, ...endpoints), options());
    await hold('orders-a.0-0');
    assert.deepEqual((await reachable(driver)).longLived, {});
    await stream('orders-a.0-0');
    const { inFlight, longLived } = await reachable(driver);
    assert.deepEqual([inFlight, longLived], [{ 'orders-a.0-0': 2 }, { 'orders-a.0-0': 1 }]);
  });

  test(`${name}: watchers are called when the proxy goes and when it comes`, async (t) => {
    const { driver, stopProxy, startProxy } = await make(t);
    const calls = counter(driver);
    await calls.settle();
    const before = calls.count();
    await stopProxy();
    await calls.beyond(before);
    const gone = calls.count();
    await startProxy();
    await calls.beyond(gone);
    assert.equal((await reachable(driver)).kind, 'reachable');
  });

  test(`${name}: a watch that was ended is not called`, async (t) => {
    const { driver, stopProxy } = await make(t);
    const calls = counter(driver);
    await calls.settle();
    calls.watch[Symbol.dispose]();
    const before = calls.count();
    const other = counter(driver);
    await other.settle();
    const seen = other.count();
    await stopProxy();
    await other.beyond(seen);
    assert.equal(calls.count(), before);
  });
}

function table(version: number, ...endpoints: readonly Endpoint[]): RoutingTable {
  const services = {
    orders: { protocol: 'http', traffic: DEFAULT_TRAFFIC, endpoints, split: undefined, unavailable: undefined },
  } as const;
  return { version, routes: 'r', listeners: [], services };
}

/** As it crosses a wire: what is undefined is not there. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function reachable(driver: TrafficDriver): Promise<Extract<TrafficObservation, { kind: 'reachable' }>> {
  const seen = await driver.observe();
  if (seen.kind === 'unreachable') throw new Error(`the proxy can't be reached: ${seen.reason}`);
  return seen;
}

function counter(driver: TrafficDriver) {
  let calls = 0;
  const watch = driver.watch(() => {
    calls++;
  });
  const beyond = async (count: number) => {
    const deadline = Date.now() + 5_000;
    while (calls <= count) {
      if (Date.now() > deadline) throw new Error('the watcher was never called');
      await delay(2);
    }
  };
  /** A watch may call once when it connects; waits until that is over. */
  const settle = async () => {
    for (let before = -1; before !== calls; ) {
      before = calls;
      await driver.observe();
      await delay(50);
    }
  };
  return { watch, count: () => calls, beyond, settle };
}
