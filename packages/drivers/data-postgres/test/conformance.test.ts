import { backupConformance, dataConformance, SQL_WORDS } from '@islet/driver/conformance';
import { Records } from '@islet/driver/records';
import type { Credentials } from '../src/credentials.ts';
import { createExternal } from '../src/index.ts';
import { superuserConfig } from '../src/store.ts';
import { makeHarness, makeWorld, patience, query } from './harness.ts';

dataConformance('data-postgres', () => makeHarness(), { ownsData: true });
backupConformance('data-postgres', () => makeHarness(), { words: SQL_WORDS });

dataConformance(
  'external',
  async () => {
    const world = await makeWorld();
    const server = { service: 'outside', url: undefined };
    await world.driver.provision(server, patience());
    const credentials = new Records<Credentials>(`${world.layout.state}/credentials`).get('outside')!;
    const superuser = superuserConfig({ ...credentials, port: credentials.port! });
    const databases = new Map<string, Promise<unknown>>();
    const driver = createExternal();
    return {
      driver,
      request: async (service) => {
        const name = service.replaceAll('-', '_');
        const making = databases.get(service) ?? query(superuser, `CREATE DATABASE "${name}" OWNER outside`);
        databases.set(service, making);
        await making;
        const { url } = await world.driver.connection(server);
        return { service, url: url.replace(/outside$/, name) };
      },
      query: async (service, sql) => query((await driver.connection({ service })).url, sql),
      close: async () => {
        await driver.close();
        await world.close();
      },
    };
  },
  { ownsData: false, lacks: ['metrics', 'credentials'] },
);
