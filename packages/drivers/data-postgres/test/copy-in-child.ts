import { copyInChild } from '@islet/backup/testing';
import { createPostgresReader } from '../src/index.ts';
import { openWorld, query } from './harness.ts';

/* Backs up, or tidies, until it is killed at the instant that its last argument names. */
const [root, system, step] = process.argv.slice(2) as [string, string, string];
const { driver } = await openWorld(root, system);
const ask = async (service: string, sql: string) => query((await driver.connection({ service })).url, sql);
await copyInChild(
  {
    root,
    driver,
    reader: createPostgresReader(),
    add: async (service) => {
      await ask(service, 'CREATE TABLE IF NOT EXISTS rows (at timestamptz)');
      await ask(service, 'INSERT INTO rows VALUES (now())');
    },
    count: async (service) => Number((await ask(service, 'SELECT count(*) AS rows FROM rows'))[0]?.rows),
  },
  JSON.parse(step) as Parameters<typeof copyInChild>[1],
);
process.exit(0);
