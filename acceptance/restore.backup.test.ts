import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startLoad } from './support/load.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* What a person does on a bad day, by the command line alone: from a backup to a restore that is confirmed. */

const CHECKED = { check: [{ query: 'SELECT count(*) FROM entries', min: 1 }] };
const DATABASE = {
  engine: 'postgres',
  migrations: 'migrations',
  drill: CHECKED,
};
const FILES = { 'migrations/1.sql': 'CREATE TABLE entries (id bigint PRIMARY KEY);\nINSERT INTO entries VALUES (0);' };
const NOTES = { engine: 'sqlite', migrations: 'migrations', drill: CHECKED };

describe("a service's data", () => {
  let system: System;
  const run = async (...words: string[]) => {
    const ended = await system.islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const query = async (sql: string, url?: string) => {
    const live = (await run('exec', 'ledger', '--', 'sh', '-c', 'echo $DATABASE_URL')).trim();
    const client = new Client(url ?? live);
    try {
      await client.connect();
      return (await client.query<{ count: string }>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const rows = async (url?: string) => Number((await query('SELECT count(*) FROM entries', url))[0]?.count);
  const notesUrl = async () => (await run('exec', 'notes', '--', 'sh', '-c', 'echo $DATABASE_URL')).trim();
  const changeNotes = async (sql: string) => {
    using database = new DatabaseSync(fileOf(await notesUrl()), { timeout: 10_000 });
    database.exec(sql);
  };
  const noted = async (url?: string) => {
    using database = new DatabaseSync(fileOf(url ?? (await notesUrl())), { readOnly: true });
    return Number(database.prepare('SELECT count(*) AS rows FROM entries').get()?.rows);
  };
  /** An instant with nothing written around it. */
  const now = async () => {
    await pause(50);
    const instant = new Date().toISOString();
    await pause(50);
    return instant;
  };

  before(async () => {
    const notes = { file: { database: NOTES }, files: FILES };
    system = await makeSystem({
      services: { ledger: { file: { database: DATABASE }, files: FILES }, notes, other: {} },
    });
    await system.up();
    await until('the store is known to the backup process', async () => {
      const { code } = await system.islet('backup', 'now', 'ledger', '--timeout', '60s');
      return code === 0;
    });
  });
  after(() => system[Symbol.asyncDispose]());

  it('is backed up without a word in its file, and every byte of it can be verified', async () => {
    const stores = JSON.parse(await run('backup', 'status', '--json')) as Record<string, unknown>[];
    assert.deepEqual(
      stores.map(({ service, state, problems }) => ({ service, state, problems })),
      ['ledger', 'notes'].map((service) => ({ service, state: 'on', problems: [] })),
    );
    assert.match(await run('backup', 'verify', 'ledger'), /All is as it was stored/);
    const copies = JSON.parse(await run('backup', 'list', 'ledger', '--json')) as { state: string }[];
    assert.ok(copies.every(({ state }) => state === 'whole'));
  });

  it('is warned about while nobody has the recovery key, which is printed once', async () => {
    const warned = (await system.status()).warnings.filter((text) => text.includes('recovery key'));
    assert.equal(warned.length, 1);
    assert.match(await run('backup', 'key', 'export'), /^islet-recovery-/);
    assert.equal((await system.islet('backup', 'key', 'export')).code, 1);
    const left = await until('the warning is gone', async () => {
      const { warnings } = await system.status();
      return warnings.some((text) => text.includes('recovery key')) ? undefined : warnings;
    });
    assert.equal(left.filter((text) => text.includes('off this machine')).length, 1);
  });

  it('comes back to the instant before a wrong DELETE, while another service goes on with 0 failed requests', async () => {
    await query('INSERT INTO entries SELECT generate_series(1, 100)');
    const instant = await now();
    await query('DELETE FROM entries');
    using load = await startLoad(`${system.url}/other/`);
    await run('restore', 'ledger', '--to', instant, '--timeout', '170s');
    assert.equal(await rows(), 101);
    const { ok, others } = await load.stop();
    assert.deepEqual(others, {}, `${ok} were answered`);
    assert.ok(ok > 100, `${ok} were answered`);
  });

  it('is as before the restore again, until the restore is confirmed', async () => {
    assert.equal((await system.islet('restore', 'ledger', '--to', 'latest')).code, 1, 'the old data is still kept');
    await run('restore', 'ledger', '--undo', '--timeout', '170s');
    assert.equal(await rows(), 0);
    await query('INSERT INTO entries SELECT generate_series(1, 7)');
    assert.equal((await system.islet('restore', 'ledger', '--confirm')).code, 2, 'nothing is kept any more');
  });

  it('is seen as it was in a branch beside it', async () => {
    await run('backup', 'now', 'ledger', '--timeout', '120s');
    const instant = await now();
    await query('DELETE FROM entries WHERE id > 3');
    const [, url] = (await run('restore', 'ledger', '--to', instant, '--as', 'yesterday', '--timeout', '170s')).split(
      '\n',
    );
    assert.deepEqual([await rows(), await rows(url)], [3, 7]);
    const diff = JSON.parse(await run('db', 'diff', 'ledger', 'yesterday', '--json')) as Record<string, unknown>[];
    assert.deepEqual(
      diff.find(({ table }) => table === 'entries'),
      { table: 'entries', live: 3, branch: 7 },
    );
    await run('restore', 'ledger', '--drop', 'yesterday');
    const gone = await system.islet('db', 'diff', 'ledger', 'yesterday');
    assert.equal(gone.code, 2);
    assert.match(
      gone.stderr,
      /ledger has no branch yesterday that is ready\nhint: .*islet restore ledger --as yesterday/,
    );
  });

  it('refuses an instant that nothing holds, before anything is stopped', async () => {
    const { pid } = await system.ask('ledger');
    const { code, stderr } = await system.islet('restore', 'ledger', '--to', '2001-01-01T00:00:00Z');
    assert.equal(code, 2);
    assert.match(stderr, /nothing holds 2001-01-01/);
    assert.equal((await system.ask('ledger')).pid, pid);
  });

  it('proves by a drill that it comes back, and is loud when it does not', async () => {
    assert.match(await run('drill', 'restore', 'ledger', '--timeout', '170s'), /comes back/);
    const drill = { check: [{ query: 'SELECT count(*) FROM entries', min: 1_000_000 }] };
    system.add('ledger', { file: { database: { ...DATABASE, drill } }, files: FILES });
    await system.up();
    const { code, stderr } = await system.islet('drill', 'restore', 'ledger', '--timeout', '170s');
    assert.equal(code, 1);
    assert.match(stderr, /must be at least 1000000/);
    await until('the warning is there', async () => {
      const { warnings } = await system.status();
      return warnings.some((text) => text.includes('does not come back'));
    });
  });

  it('comes back to before a migration that was a mistake', async () => {
    const before = await rows();
    const files = { ...FILES, 'migrations/2.sql': 'DELETE FROM entries;' };
    system.add('ledger', { file: { database: DATABASE }, files });
    await system.up();
    assert.equal(await rows(), 0);
    const made = await run('restore', 'ledger', '--to', 'before-migration', '--as', 'before', '--timeout', '170s');
    assert.equal(await rows(made.split('\n')[1]), before);
    await run('restore', 'ledger', '--drop', 'before');
  });

  it('comes back just so from an SQLite file: in place and undone, in a branch, and in a drill', async () => {
    await run('backup', 'now', 'notes', '--timeout', '60s');
    await changeNotes('INSERT INTO entries VALUES (1), (2), (3)');
    await pause(SEEN_WITHIN_MS);
    const instant = await now();
    await changeNotes('DELETE FROM entries');
    await run('restore', 'notes', '--to', instant, '--timeout', '170s');
    assert.equal(await noted(), 4);
    await run('restore', 'notes', '--undo', '--timeout', '170s');
    assert.equal(await noted(), 0);
    const made = await run('restore', 'notes', '--to', instant, '--as', 'earlier', '--timeout', '170s');
    assert.equal(await noted(made.split('\n')[1]), 4);
    const diff = JSON.parse(await run('db', 'diff', 'notes', 'earlier', '--json')) as Record<string, unknown>[];
    assert.deepEqual(
      diff.find(({ table }) => table === 'entries'),
      { table: 'entries', live: 0, branch: 4 },
    );
    await run('restore', 'notes', '--drop', 'earlier');
    await changeNotes('INSERT INTO entries VALUES (9)');
    await pause(SEEN_WITHIN_MS);
    assert.match(await run('drill', 'restore', 'notes', '--timeout', '170s'), /comes back/);
    assert.match(await run('backup', 'verify', 'notes'), /All is as it was stored/);
  });

  it('goes back as a whole, with what was asked for then, though the control plane is killed meanwhile', async () => {
    for (const name of ['ledger', 'notes']) await run('backup', 'now', name, '--timeout', '120s');
    await query('INSERT INTO entries SELECT generate_series(1000, 1009)');
    await changeNotes('INSERT INTO entries SELECT 1000 + id FROM entries');
    const before = [await rows(), await noted()];
    await pause(SEEN_WITHIN_MS);
    const instant = await now();
    system.add('other', { files: { reply: 'I am a mistake\n' } });
    await system.up();
    await query('DELETE FROM entries');
    await changeNotes('DELETE FROM entries');
    assert.equal((await system.ask('other')).reply, 'I am a mistake');
    const recovering = system.start('recover', '--to', instant, '--timeout', '170s');
    await until('a store is being replaced', async () =>
      (await system.status()).services.some(({ why }) => why?.includes('being restored')),
    );
    const { pid } = JSON.parse(readFileSync(join(system.state, 'control.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const { code, stdout, stderr } = await recovering.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.match(stdout, /Between the oldest and the newest of it lie/);
    assert.deepEqual([await rows(), await noted()], before);
    assert.equal((await system.ask('other')).reply, 'I am other');
    assert.equal((await system.islet('recover', '--to', instant)).code, 1, 'the data of before is still kept');
    for (const name of ['ledger', 'notes']) await run('restore', name, '--confirm');
    assert.equal((await system.islet('recover', '--to', '2001-01-01T00:00:00Z')).code, 1);
    assert.deepEqual([await rows(), await noted()], before);
  });

  it('is not replaced by a backup that was tampered with', async () => {
    // What the restores before it have made due is made now, and not while its pieces are harmed.
    await run('backup', 'now', 'ledger');
    const vault = join(system.state, 'backup/repository/ledger');
    const pieces = readdirSync(vault, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /copies\/.*\/000000$/.test(path),
    );
    for (const path of pieces) {
      const bytes = readFileSync(join(vault, path));
      bytes[1_000] = bytes[1_000]! ^ 1;
      writeFileSync(join(vault, path), bytes);
    }
    const before = await rows();
    assert.equal((await system.islet('backup', 'verify', 'ledger')).code, 1);
    const { code, stderr } = await system.islet('restore', 'ledger', '--to', 'latest', '--timeout', '170s');
    assert.equal(code, 1);
    assert.match(stderr, /damaged/);
    assert.equal(await rows(), before);
    assert.equal((await system.islet('drill', 'restore', 'ledger', '--timeout', '170s')).code, 1);
  });

  it('is still there after down and up, and nothing of its copies runs on', async () => {
    const before = await rows();
    await run('down');
    await system.up();
    assert.equal(await rows(), before);
  });
});

function fileOf(url: string): string {
  return url.replace('sqlite:///', '');
}

/** What SQLite commits is seen, and stored, within this time on a busy machine. */
const SEEN_WITHIN_MS = 1_500;
