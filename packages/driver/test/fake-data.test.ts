import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dataConformance } from '../src/conformance/index.ts';
import { createFakeData } from '../src/fake/index.ts';

const make = () => createFakeData({ engine: 'postgres', now: () => new Date(0) });

dataConformance(
  'the fake',
  async () => {
    const driver = make();
    return {
      driver,
      request: async (service) => ({ service, url: undefined }),
      query: async (service, sql) => driver.query(service, sql),
      close: () => driver.close(),
    };
  },
  { ownsData: true },
);

it('a fake store that crashed says how, and has its data when it is provisioned again', async () => {
  const driver = make();
  const options = { signal: AbortSignal.timeout(1_000) };
  await driver.provision({ service: 'orders', url: undefined }, options);
  driver.query('orders', 'CREATE TABLE kept (x)');
  driver.crash('orders', 'SIGKILL');
  assert.deepEqual(await driver.observe(), { orders: { kind: 'stopped', how: 'SIGKILL' } });
  await driver.provision({ service: 'orders', url: undefined }, options);
  assert.deepEqual(driver.query('orders', 'SELECT x FROM kept'), []);
});
