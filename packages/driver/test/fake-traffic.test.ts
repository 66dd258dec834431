import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trafficConformance } from '../src/conformance/traffic.ts';
import { FakeTraffic } from '../src/fake/traffic.ts';

trafficConformance('fake traffic', async () => {
  const driver = new FakeTraffic();
  let held: string | undefined;
  return {
    driver,
    endpoint: async (instance) => ({ instance, revision: 'a', host: '127.0.0.1', port: 1 }),
    hold: async (instance) => {
      held = instance;
      driver.begin(instance);
    },
    stream: async (instance) => driver.beginLongLived(instance),
    release: async () => {
      if (held !== undefined) driver.end(held);
    },
    stopProxy: async () => driver.stop('it was stopped'),
    startProxy: async () => driver.start(),
  };
});

test('nothing can enter an instance that is not in the table, nor leave one that has nothing', () => {
  const driver = new FakeTraffic();
  assert.throws(() => driver.begin('orders-a.0-0'), /not-found/);
  assert.throws(() => driver.end('orders-a.0-0'), /not-found/);
});
