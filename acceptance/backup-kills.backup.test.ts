import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { mountSmallDisk } from './support/faults/small-disk.ts';
import { LEDGER, Ledger } from './support/ledger.ts';
import { startLoad } from './support/load.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/*
 * A ledger is written without a pause, and backed up again and again. In the middle of each backup something dies: the control
 * plane, the process that makes backups, the database server, all of them, and the room on the disk. Every time backups go on.
 * At the end nothing that was acknowledged is lost, no backup is offered that does not come back, and the service beside it
 * has noticed nothing.
 */
const RESTORES = 5;
const MEBIBYTES = 1_024;

test('whatever dies in the middle of a backup, nothing acknowledged is lost, and what is offered comes back', async (t) => {
  using disk = mountSmallDisk({ mebibytes: MEBIBYTES });
  if (disk === undefined) return t.skip('this machine lets nobody mount a filesystem');
  await using system = await makeSystem({
    name: 'ending',
    state: join(disk.folder, 'state'),
    services: {
      ledger: {
        file: { database: { engine: 'postgres', migrations: 'migrations', drill: 'off' } },
        files: { 'migrations/1.sql': LEDGER },
      },
      other: { file: { scale: 2 } },
    },
  });
  const run = async (...words: string[]) => {
    const ended = await system.islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const isBackedUp = async () => (await system.islet('backup', 'now', 'ledger', '--timeout', '60s')).code === 0;
  await system.up();
  await until('the store is known to the backup process', isBackedUp);
  const url = (await run('db', 'url', 'ledger')).trim();
  using load = await startLoad(`${system.url}/other/`);
  const ledger = new Ledger(async () => url);
  try {
    await until('something is written', () => ledger.count > 0);
    for (const victims of [['control'], ['backup'], ['database'], ['control', 'backup', 'database']] as const) {
      const backup = system.start('backup', 'now', 'ledger', '--timeout', '60s');
      await pause(Math.random() * 2_000);
      for (const pid of await Promise.all(victims.map((victim) => PIDS[victim](system)))) kill(pid);
      // Whether this one is made depends on when what it needs died.
      await backup.ended;
      await goesOn(`after the death of ${victims.join(', ')}`);
    }

    const backup = system.start('backup', 'now', 'ledger', '--timeout', '20s');
    disk.fill();
    using _ = { [Symbol.dispose]: () => disk.free() };
    // It may have been done a moment before.
    await backup.ended;
    assert.equal(await isBackedUp(), false, 'there is no room for a backup');
    disk.free();
    await goesOn('with room on the disk again');
  } finally {
    await ledger.stop();
  }

  assert.deepEqual(await ledger.audit(url), [], 'the database itself');
  const { lastAt } = ledger;
  const stored = async () => {
    const stores = JSON.parse((await system.islet('backup', 'status', '--json')).stdout) as readonly Stored[];
    return stores.find(({ service }) => service === 'ledger');
  };
  await until('all of it is stored', async () => ((await stored())?.to ?? 0) > lastAt);
  assert.match(await run('backup', 'verify', 'ledger'), /All is as it was stored/);
  const copies = JSON.parse(await run('backup', 'list', 'ledger', '--json')) as readonly { state: string }[];
  // Of one day, the first and the newest are kept.
  assert.ok(copies.filter(({ state }) => state === 'whole').length >= 2);
  assert.ok(copies.every(({ state }) => state !== 'damaged'));
  const { from = lastAt } = (await stored()) ?? {};
  const instants = Array.from({ length: RESTORES }, () => Math.floor(from + Math.random() * (lastAt - from)));
  for (const at of [...instants, undefined]) {
    const to = at === undefined ? 'latest' : new Date(at).toISOString();
    const made = await run('restore', 'ledger', '--to', to, '--as', 'past', '--json', '--timeout', '170s');
    assert.deepEqual(await ledger.audit((JSON.parse(made) as { url: string }).url, at), [], `restored to ${to}`);
    await run('restore', 'ledger', '--drop', 'past');
  }
  const { ok, others } = await load.stop();
  t.diagnostic(`${ledger.count} acknowledged commits, and ${ok} requests to the service beside it`);
  assert.deepEqual(others, {});
  assert.equal((await system.service('other')).instances.ready, 2);

  /** Somebody writes, and a backup that is asked for now is made. */
  async function goesOn(when: string): Promise<void> {
    const before = ledger.count;
    await until(`the ledger is written ${when}`, () => ledger.count > before, PATIENCE);
    await until(`a backup is made ${when}`, isBackedUp, PATIENCE);
  }
});

const PATIENCE = { deadlineMs: 180_000 };

interface Stored {
  readonly service: string;
  readonly from?: number;
  readonly to?: number;
}

const PIDS: Readonly<Record<'control' | 'backup' | 'database', (system: System) => Promise<number>>> = {
  control: async ({ state }) => pidIn(join(state, 'control.json')),
  backup: async ({ state }) => pidIn(join(state, 'backup', 'told.json')),
  database: async ({ service }) => {
    const pid = (await service('ledger')).database?.pid;
    assert.ok(pid !== undefined, 'the server runs');
    return pid;
  },
};

function pidIn(path: string): number {
  return (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid;
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL');
}
