import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* Files of a service that live beyond its revisions: kept, shared, purged; and backed up and brought back with its database. */

/** Run beside an instance on what a drill has restored, with the environment of that instance. */
const LOOK = `
import { readdirSync, writeFileSync } from 'node:fs';
const { DATABASE_PATH, ISLET_VOLUME_UPLOADS: uploads, ISLET_VOLUME_NOTES: notes, ISLET_DRILL } = process.env;
if (ISLET_DRILL !== 'restore' || (DATABASE_PATH ?? notes ?? '').includes('/services/plain/')) throw new Error('this is no drill');
const folder = uploads ?? notes;
if (!folder.includes('/services/drill.')) throw new Error(folder + ' is the living one');
if (readdirSync(folder).length === 0) throw new Error('nothing is there');
writeFileSync(folder + '/written-by-the-drill', '');
`;
const SMOKE = { smoke: 'node look.mjs' };

const DATABASE = { engine: 'sqlite', migrations: 'migrations' };
const MIGRATION = { 'migrations/1.sql': 'CREATE TABLE images (name text);' };
const GALLERY = {
  file: { database: DATABASE, volumes: ['uploads'], scale: 2, test: SMOKE },
  files: { ...MIGRATION, 'look.mjs': LOOK },
};
const PLAIN = { file: { volumes: ['notes'], test: SMOKE }, files: { 'look.mjs': LOOK } };
/** What the log of an SQLite file knows of an instant, on a busy machine. */
const SEEN_WITHIN_MS = 1_000;

describe("a service's files", () => {
  let system: System;
  const run = async (...words: string[]) => {
    const ended = await system.islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const sh = async (service: string, command: string) => (await run('exec', service, '--', 'sh', '-c', command)).trim();
  const inside = (command: string) => sh('gallery', `cd "$ISLET_VOLUME_UPLOADS" && ${command}`);
  /** A file, and then the row that says that it is there. */
  const add = async (name: string) => {
    await inside(`printf 'the image %s' ${name} > ${name}`);
    await run('db', 'shell', 'gallery', '-c', `INSERT INTO images VALUES ('${name}')`, '--write');
  };
  const files = async () => (await inside('ls')).split('\n').filter(Boolean);
  const rows = async () => {
    const answer = await run('db', 'shell', 'gallery', '-c', 'SELECT name FROM images ORDER BY name', '--json');
    return (JSON.parse(answer) as { name: string }[]).map(({ name }) => name);
  };

  before(async () => {
    system = await makeSystem({ services: { gallery: GALLERY, plain: PLAIN, other: {} } });
    await system.up();
  });
  after(() => system[Symbol.asyncDispose]());

  it('are in one place for all of its instances, and outlive revisions, a restart, a rollback, and the system', async () => {
    await inside('mkdir -p deep && echo kept > deep/file');
    const place = await inside('pwd');
    system.add('gallery', { ...GALLERY, files: { ...GALLERY.files, reply: 'I am new\n' } });
    await system.up();
    await run('rollback', 'gallery', '--timeout', '120s');
    await run('restart', 'gallery', '--timeout', '120s');
    await run('down');
    await system.up();
    assert.equal(await inside('pwd'), place);
    assert.equal(await inside('cat deep/file'), 'kept');
    const pids = await system.pids('gallery');
    assert.equal(pids.length, 2);
    for (const pid of pids) {
      assert.ok(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`ISLET_VOLUME_UPLOADS=${place}`));
    }
    await inside('rm -r deep');
  });

  it("are nobody else's", { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
    const place = await inside('pwd');
    const { code, stderr } = await system.islet('exec', 'other', '--', 'ls', place);
    assert.notEqual(code, 0);
    assert.match(stderr, /Permission denied/);
  });

  it('are told of by describe, with the default of each value', async () => {
    const described = await run('describe', 'gallery');
    assert.match(described, /volumes\.folders +\[?uploads\]? +.*service\.yaml:/);
    assert.match(described, /volumes\.backup\.every +1h/);
  });

  it('come back with its database as of one moment: with every file that it knew of', async () => {
    await add('one');
    await add('two');
    await until('both are known to the backup process', async () => {
      const { code } = await system.islet('backup', 'now', 'gallery', '--timeout', '60s');
      return code === 0;
    });
    await pause(SEEN_WITHIN_MS);
    const copies = JSON.parse(await run('backup', 'list', 'gallery', '--json')) as { id: string; store: string }[];
    const copy = copies.find(({ store }) => store === 'gallery.files');
    await add('three');
    await inside('rm one');
    const told = await run('restore', 'gallery', '--to', copy?.id ?? '', '--timeout', '170s');
    assert.match(told, /its files are as of .*, copied within/);
    assert.deepEqual(
      [await files(), await rows()],
      [
        ['one', 'two'],
        ['one', 'two'],
      ],
    );
    assert.equal(await inside('cat one'), 'the image one');
  });

  it('are as before the restore again, until it is confirmed', async () => {
    await run('restore', 'gallery', '--undo', '--timeout', '170s');
    assert.deepEqual(
      [await files(), await rows()],
      [
        ['three', 'two'],
        ['one', 'three', 'two'],
      ],
    );
    await until('the service runs', async () => (await system.service('gallery')).state === 'ready');
  });

  it('are the newest that were copied by an instant, and it is said how much older they are', async () => {
    await run('backup', 'now', 'gallery', '--timeout', '60s');
    await add('four');
    await pause(SEEN_WITHIN_MS);
    const instant = new Date().toISOString();
    await pause(SEEN_WITHIN_MS);
    await run('db', 'shell', 'gallery', '-c', 'DELETE FROM images', '--write');
    const told = await run('restore', 'gallery', '--to', instant, '--timeout', '170s');
    assert.match(told, /its files are as of .* s before the data/);
    assert.deepEqual(
      [await files(), await rows()],
      [
        ['three', 'two'],
        ['four', 'one', 'three', 'two'],
      ],
    );
    await run('restore', 'gallery', '--confirm');
    assert.equal((await system.islet('restore', 'gallery', '--undo')).code, 2, 'nothing is kept any more');
  });

  it('are seen beside the live ones in a branch, which is counted and dropped', async () => {
    await add('five');
    await run('backup', 'now', 'gallery', '--timeout', '60s');
    await inside('rm five');
    const made = await run('restore', 'gallery', '--as', 'yesterday', '--timeout', '170s');
    const folder = made.trim().split('\n').at(-1) ?? '';
    assert.ok(existsSync(join(folder, 'uploads/five')), made);
    const diff = JSON.parse(await run('db', 'diff', 'gallery', 'yesterday', '--json')) as Record<string, unknown>[];
    assert.deepEqual(
      diff.find(({ table }) => table === 'uploads/'),
      { table: 'uploads/', live: 2, branch: 3 },
    );
    await run('restore', 'gallery', '--drop', 'yesterday');
    assert.ok(!existsSync(folder));
  });

  it('come back alone by a name of their own, and the database stays as it is', async () => {
    const before = [await files(), await rows()];
    await run('backup', 'now', 'gallery.files', '--timeout', '60s');
    await inside('rm -r ./*');
    const told = await run('restore', 'gallery.files', '--to', 'latest', '--timeout', '170s');
    assert.match(told, /its files are as of .*restore gallery\.files --confirm/);
    assert.deepEqual([await files(), await rows()], before);
    await run('restore', 'gallery.files', '--confirm');
  });

  it('are proved by a drill, of a service too that keeps nothing but files', async () => {
    assert.match(await run('drill', 'restore', 'gallery', '--timeout', '170s'), /comes back.*smoke test passes/);
    await sh('plain', 'echo a > "$ISLET_VOLUME_NOTES/a"');
    await run('backup', 'now', 'plain', '--timeout', '60s');
    assert.match(await run('drill', 'restore', 'plain', '--timeout', '170s'), /comes back.*smoke test passes/);
    assert.equal(await sh('plain', 'ls "$ISLET_VOLUME_NOTES"'), 'a', 'a drill writes nothing into the living ones');
    assert.match(await run('backup', 'verify', 'plain'), /All is as it was stored/);
  });

  it('have a line of their own in the status of backups, and are all right', async () => {
    const stores = JSON.parse(await run('backup', 'status', '--json')) as Record<string, unknown>[];
    assert.deepEqual(
      stores.map(({ service, engine, state, problems }) => [service, engine, state, problems]),
      [
        ['gallery', 'sqlite', 'on', []],
        ['gallery.files', 'files', 'on', []],
        ['plain.files', 'files', 'on', []],
      ],
    );
  });

  it('go back with the whole system, with the skew that there is', async () => {
    await run('backup', 'now', 'plain', '--timeout', '60s');
    await pause(SEEN_WITHIN_MS);
    const instant = new Date().toISOString();
    await sh('plain', 'echo b > "$ISLET_VOLUME_NOTES/b"');
    const told = await run('recover', '--to', instant, '--timeout', '170s');
    assert.match(told, /gallery: as of .*; its files are as of/);
    assert.equal(await sh('plain', 'ls "$ISLET_VOLUME_NOTES"'), 'a');
    for (const name of ['gallery', 'plain']) await run('restore', name, '--confirm');
  });

  it('go with a purge, and with nothing else', async () => {
    const place = await inside('pwd');
    await run('down');
    assert.ok(existsSync(place));
    await run('down', '--purge', '--yes');
    assert.ok(!existsSync(place));
    await system.up();
    assert.deepEqual(await files(), []);
  });
});
