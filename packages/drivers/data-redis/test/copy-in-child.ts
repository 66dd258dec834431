import { copyInChild } from '@islet/backup/testing';
import { createRedisReader } from '../src/index.ts';
import { openWorld, send } from './harness.ts';

/* Backs up, or tidies, until it is killed at the instant that its last argument names. */
const [root, system, step] = process.argv.slice(2) as [string, string, string];
const { driver } = await openWorld(root, system);
const ask = async (service: string, ...words: string[]) => send(await driver.connection({ service }), ...words);
await copyInChild(
  {
    root,
    driver,
    reader: createRedisReader(),
    add: async (service) => {
      await ask(service, 'RPUSH', 'entries', 'one');
    },
    count: async (service) => Number(await ask(service, 'LLEN', 'entries')),
  },
  JSON.parse(step) as Parameters<typeof copyInChild>[1],
);
process.exit(0);
