import { join } from 'node:path';
import { copyInChild } from '@islet/backup/testing';
import { serviceUser } from '@islet/supervise';
import { createSqlite, createSqliteReader } from '../src/index.ts';
import { query } from './harness.ts';

/* Backs up, or tidies, until it is killed at the instant that its last argument names. */
const [root, system, step] = process.argv.slice(2) as [string, string, string];
const driver = createSqlite({ layout: { state: join(root, 'state'), runtime: join(root, 'runtime') }, system });
const ask = async (service: string, sql: string) => {
  const { path } = await driver.connection({ service });
  return query(path ?? '', sql, (await serviceUser({ system, service }))?.uid);
};
await copyInChild(
  {
    root,
    driver,
    reader: createSqliteReader(),
    add: async (service) => {
      await ask(service, 'CREATE TABLE IF NOT EXISTS rows (at text)');
      await ask(service, "INSERT INTO rows VALUES (datetime('now'))");
    },
    count: async (service) => Number((await ask(service, 'SELECT count(*) AS rows FROM rows'))[0]?.rows),
  },
  JSON.parse(step) as Parameters<typeof copyInChild>[1],
);
process.exit(0);
