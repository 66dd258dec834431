import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataDriver, StoreMetrics, StoreObservation } from '@islet/driver';
import { StoreGauges } from '../../src/telemetry/store-gauges.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const READY: StoreObservation = { kind: 'ready', pid: 1, port: 1 };

class World {
  readonly clock = new VirtualClock();
  readonly sent: string[] = [];
  readonly warned: string[] = [];
  metrics: StoreMetrics | 'away' = { 'db.commits': 5, 'db.connections': 2 };
  readonly gauges = new StoreGauges({
    data: [this.#driver('postgres'), { engine: 'external' } as DataDriver],
    clock: this.clock,
    log: { warn: (on: object) => void this.warned.push(JSON.stringify(on)) } as never,
    send: async (identity, message) => {
      this.sent.push(`${identity.service} ${identity.instance} ${JSON.stringify(message)}`);
    },
  });

  #driver(engine: DataDriver['engine']): DataDriver {
    const metrics = async () => {
      if (this.metrics === 'away') throw new Error('it does not answer');
      return this.metrics;
    };
    return { engine, metrics } as unknown as DataDriver;
  }
}

describe("stores' own metrics", () => {
  it('are read every ten seconds of each store that is ready, by an engine that counts', async () => {
    const world = new World();
    world.gauges.see([
      { engine: 'postgres', stores: { orders: READY, stopped: { kind: 'stopped', how: undefined } } },
      { engine: 'external', stores: { catalog: READY } },
    ]);
    await world.clock.pass(9_999);
    assert.equal(world.sent.length, 0);
    await world.clock.pass(20_001);
    assert.equal(world.sent.length, 3);
    const [who, which, ...message] = (world.sent[0] ?? '').split(' ');
    assert.deepEqual([who, which], ['orders', 'postgres-orders']);
    const [{ scopeMetrics }] = JSON.parse(message.join(' ')).resourceMetrics;
    const [commits, connections] = scopeMetrics[0].metrics;
    assert.deepEqual(commits.sum.isMonotonic, true);
    assert.equal(commits.sum.dataPoints[0].asDouble, 5);
    assert.deepEqual([connections.name, connections.unit], ['db.connections', '{connection}']);
    assert.deepEqual(connections.gauge.dataPoints[0].attributes, [
      { key: 'db.system.name', value: { stringValue: 'postgresql' } },
    ]);
  });

  it('of a store that does not answer are missing, which is said once, and come again', async () => {
    const world = new World();
    world.gauges.see([{ engine: 'postgres', stores: { orders: READY } }]);
    world.metrics = 'away';
    await world.clock.pass(30_000);
    assert.deepEqual([world.sent.length, world.warned.length], [0, 1]);
    world.metrics = {};
    await world.clock.pass(10_000);
    assert.equal(world.sent.length, 1);
  });

  it('end with the control plane', async () => {
    const world = new World();
    world.gauges.see([{ engine: 'postgres', stores: { orders: READY } }]);
    world.gauges.close();
    await world.clock.pass(60_000);
    assert.equal(world.sent.length, 0);
  });

  it('are not read while there is no store', async () => {
    const world = new World();
    world.gauges.see([]);
    await world.clock.pass(60_000);
    assert.equal(world.sent.length, 0);
  });
});
