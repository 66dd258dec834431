import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { killedCopies } from '@islet/backup/testing';
import { makeWorld, patience } from './harness.ts';

test('a backup that is killed around any of its changes is whole or not offered, and its log goes on', async (t) => {
  const { root, system, driver, close } = await makeWorld();
  t.after(() => close(['mortal', 'branch.mortal']));
  await driver.provision({ service: 'mortal', url: undefined }, patience());
  // As a service has it: where all have closed a file, SQLite lets go of its log.
  using database = new DatabaseSync((await driver.connection({ service: 'mortal' })).path ?? '');
  database.exec('PRAGMA user_version');
  const program = fileURLToPath(new URL('./copy-in-child.ts', import.meta.url));
  await killedCopies(program, { args: [root, system], hasLog: true });
});
