import type { StoreConnection } from '@islet/driver';
import { backupConformance, dataConformance, SQL_WORDS } from '@islet/driver/conformance';
import { removeServiceUser } from '@islet/supervise';
import { CredentialsFolder } from '../src/credentials.ts';
import { createExternal, createPostgresReader } from '../src/index.ts';
import { superuserConfig } from '../src/store.ts';
import { makeWorld, patience, query } from './harness.ts';

async function postgres() {
  const world = await makeWorld();
  const services = new Set<string>();
  return {
    driver: world.driver,
    reader: createPostgresReader(),
    request: async (service: string) => {
      services.add(service);
      return { service, url: undefined };
    },
    query: async (service: string, sql: string) => query((await world.driver.connection({ service })).url, sql),
    queryWith: ({ url }: StoreConnection, sql: string) => query(url, sql),
    close: async () => {
      for (const service of services) await removeServiceUser({ system: world.system, service });
      await world.close();
    },
  };
}

dataConformance('data-postgres', postgres, { ownsData: true });
backupConformance('data-postgres', postgres, { words: SQL_WORDS });

dataConformance(
  'external',
  async () => {
    const world = await makeWorld();
    const server = { service: 'outside', url: undefined };
    await world.driver.provision(server, patience());
    const credentials = new CredentialsFolder(`${world.layout.state}/credentials`).get('outside')!;
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
  { ownsData: false },
);
