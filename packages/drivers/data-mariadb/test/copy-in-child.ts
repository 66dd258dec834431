import { copyInChild } from '@islet/backup/testing';
import { createMariadbReader } from '../src/index.ts';
import { openWorld, PATH, query } from './harness.ts';

/* Backs up, or tidies, until it is killed at the instant that its last argument names. */
const [root, system, step] = process.argv.slice(2) as [string, string, string];
const { driver } = await openWorld(root, system);
const ask = async (service: string, sql: string) => query(await driver.connection({ service }), sql);
await copyInChild(
  {
    root,
    driver,
    reader: createMariadbReader(PATH),
    add: async (service) => {
      await ask(service, 'CREATE TABLE IF NOT EXISTS entries (at timestamp)');
      await ask(service, 'INSERT INTO entries VALUES (now())');
    },
    count: async (service) => Number((await ask(service, 'SELECT count(*) AS count FROM entries'))[0]?.count),
  },
  JSON.parse(step) as Parameters<typeof copyInChild>[1],
);
process.exit(0);
