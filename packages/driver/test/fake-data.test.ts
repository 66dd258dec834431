import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backupConformance, dataConformance, SQL_WORDS } from '../src/conformance/index.ts';
import { createFakeData } from '../src/fake/index.ts';
import type { StoreConnection } from '../src/index.ts';

const make = () => createFakeData({ engine: 'postgres', now: () => new Date(0) });

const harness = async () => {
  const driver = make();
  return {
    driver,
    reader: driver.reader,
    request: async (service: string) => ({ service, url: undefined }),
    query: async (service: string, sql: string) => driver.query(service, sql),
    queryWith: async (connection: StoreConnection, sql: string) => driver.queryWith(connection, sql),
    close: () => driver.close(),
  };
};

dataConformance('the fake', harness, { ownsData: true, lacks: ['measure', 'metrics', 'shell'] });
backupConformance('the fake', harness, { words: SQL_WORDS, hasLog: false });

it('a fake store that crashed says how, and has its data when it is provisioned again', async () => {
  const driver = make();
  const options = { signal: AbortSignal.timeout(60_000) };
  await driver.provision({ service: 'orders', url: undefined }, options);
  driver.query('orders', 'CREATE TABLE kept (x)');
  driver.crash('orders', 'SIGKILL');
  assert.deepEqual(await driver.observe(), { orders: { kind: 'stopped', how: 'SIGKILL' } });
  await driver.provision({ service: 'orders', url: undefined }, options);
  assert.deepEqual(driver.query('orders', 'SELECT x FROM kept'), []);
});
