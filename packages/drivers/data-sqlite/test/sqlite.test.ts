import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { backupConformance, dataConformance, SQL_WORDS } from '@islet/driver/conformance';
import { serviceUser } from '@islet/supervise';
import { asRoot, makeHarness, makeWorld, patience, type World } from './harness.ts';

dataConformance('data-sqlite', makeHarness, { ownsData: true, lacks: ['credentials'] });
backupConformance('data-sqlite', makeHarness, { words: SQL_WORDS, seenWithinMs: 400 });

it('is not restored on a disk that has no room for the last of it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'islet-sqlite-'));
  const program = `import { restoreFile } from ${JSON.stringify(import.meta.resolve('../src/backup/restore-file.ts'))};
    const bytes = (async function* () { yield Buffer.alloc(100_000, 1); })();
    const log = (async function* () {})();
    const place = { folder: ${JSON.stringify(join(root, 'runtime', 'data'))}, file: 'x.db', owner: undefined };
    const restoring = restoreFile(place, { bytes, log, target: { kind: 'latest' } }, new AbortController().signal);
    console.log(await restoring.then(({ kind }) => kind, ({ code }) => code));`;
  // In blocks of 512 bytes; past it a process is ended, unless it won't hear of that.
  const script = `trap '' XFSZ; ulimit -f 100; exec "$0" --input-type=module -e "$1"`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script, process.execPath, program], { encoding: 'utf8' });
  assert.equal(stdout.trim(), 'EFBIG', stderr);
  await rm(root, { recursive: true });
});

describe('an SQLite store', () => {
  const service = 'orders';
  let world: World;
  let path: string;
  let folder: string;
  const migrate = async (name: string, sql: string, options = patience()) => {
    await writeFile(join(folder, name), sql);
    return world.driver.migrate({ service, folder }, options);
  };

  before(async () => {
    world = await makeWorld();
    folder = await mkdtemp(join(world.root, 'migrations-'));
    await world.driver.provision({ service, url: undefined }, patience());
    path = (await world.driver.connection({ service })).path!;
  });
  after(() => world.close([service, 'other']));

  it('is a file in write-ahead mode with a URL of four slashes', async () => {
    const { url } = await world.driver.connection({ service });
    assert.equal(url, `sqlite:///${path}`);
    assert.ok(url.startsWith('sqlite:////'));
    using database = new DatabaseSync(path, { readOnly: true });
    assert.equal(database.prepare('PRAGMA journal_mode').get()!.journal_mode, 'wal');
  });

  it('counts its commits while somebody has it open, and says what of its log a checkpoint has not taken over', async () => {
    const measure = async () => world.driver.measure!({ service }, patience());
    using database = new DatabaseSync(path);
    database.exec('PRAGMA wal_autocheckpoint = 0; CREATE TABLE measured (x int)');
    const before = await measure();
    for (let x = 0; x < 7; x++) database.exec(`INSERT INTO measured VALUES (${x})`);
    const after = await measure();
    assert.equal((after.commits ?? 0) - (before.commits ?? 0), 7);
    const { pages = 0, pageBytes = 0, waitingBytes = 0, logBytes = 0, checkpointedAt = 0 } = after.file ?? {};
    assert.equal(after.bytes, pages * pageBytes);
    assert.equal(waitingBytes - (before.file?.waitingBytes ?? 0), 7 * (pageBytes + 24));
    assert.ok(logBytes > waitingBytes);
    database.exec('PRAGMA wal_checkpoint(PASSIVE); DROP TABLE measured');
    const { file } = await measure();
    assert.equal(file?.freePages, 1);
    assert.ok(file.waitingBytes > 0 && file.waitingBytes < waitingBytes);
    assert.ok(file.checkpointedAt >= checkpointedAt);
  });

  it(
    "is the service's own, with every file beside it, and nobody else can enter",
    { skip: !asRoot && 'needs root' },
    async () => {
      const { uid } = (await serviceUser({ system: world.system, service }))!;
      // Whoever has it open keeps the files beside it there.
      using _reader = new DatabaseSync(path, { readOnly: true });
      await migrate('1.sql', 'CREATE TABLE a (x int)');
      const files = await readdir(dirname(path));
      assert.ok(files.length >= 1);
      for (const file of ['.', ...files]) {
        const { uid: owner, mode } = await stat(join(dirname(path), file));
        assert.deepEqual([file, owner, mode & 0o077], [file, uid, 0]);
      }
      const other = (await serviceUser({ system: world.system, service: 'other' }))!;
      const cat = spawn('/bin/cat', [path], { uid: other.uid, gid: other.gid, stdio: 'ignore' });
      assert.notEqual((await once(cat, 'close'))[0], 0);
    },
  );

  it('lets nobody who may only look make a file', async () => {
    const run = (text: string) => world.driver.shell!.run({ service, text, write: false }, patience());
    for (const text of ['VACUUM INTO', 'VACUUM main INTO', 'ATTACH']) {
      const outcome = await run(
        `/* a word */ ${text} '${join(dirname(path), 'made.db')}'${text === 'ATTACH' ? ' AS made' : ''}`,
      );
      assert.deepEqual(outcome, { kind: 'failed', reason: 'ATTACH and VACUUM INTO make files: say --write' });
    }
    for (const text of ['PRAGMA user_version = 7', 'PRAGMA journal_mode = DELETE']) {
      assert.equal((await run(text)).kind, 'failed', text);
    }
    await run('PRAGMA query_only = 0');
    assert.ok(!(await readdir(dirname(path))).includes('made.db'));
  });

  it('is what the last control plane left it', async () => {
    assert.equal((await world.open().observe()).orders?.kind, 'ready');
    await world.driver.stop({ service }, patience());
    assert.equal((await world.open().observe()).orders?.kind, 'stopped');
    await world.driver.provision({ service, url: undefined }, patience());
  });

  it('runs a marked migration outside of a transaction', async () => {
    const outcome = await migrate('2.sql', '-- islet: no-transaction\nVACUUM;');
    assert.equal(outcome.kind === 'migrated' && outcome.applied.at(-1), '2.sql');
  });

  it('is rolled back when a migration is given up in its middle', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const giveUp = { signal: AbortSignal.timeout(1_000) };
    await assert.rejects(migrate('3.sql', `CREATE TABLE half (x int);\nCREATE TABLE b AS ${endless};`, giveUp));
    const outcome = await migrate('3.sql', 'CREATE TABLE half (x int)');
    assert.deepEqual(outcome, { kind: 'migrated', applied: ['3.sql'] });
  });

  it('that is a broken file is unavailable, with its path and the reason', async () => {
    const broken = 'other';
    await world.driver.provision({ service: broken, url: undefined }, patience());
    const file = (await world.driver.connection({ service: broken })).path!;
    await writeFile(
      file,
      'this is no database, but long enough to be read as a header of one hundred bytes.'.repeat(4),
    );
    await assert.rejects(world.driver.provision({ service: broken, url: undefined }, patience()), {
      code: 'unavailable',
      message: /other\.db can't be used: file is not a database/,
    });
  });

  it(
    "that its service replaced by a link is opened with the service's rights only",
    { skip: !asRoot && 'needs root' },
    async () => {
      const file = (await world.driver.connection({ service: 'other' })).path!;
      const target = join(world.root, 'root-only.db');
      await writeFile(target, '', { mode: 0o600 });
      await rm(file);
      await symlink(target, file);
      await assert.rejects(world.driver.provision({ service: 'other', url: undefined }, patience()), {
        code: 'unavailable',
      });
      assert.equal((await stat(target)).size, 0);
      assert.equal((await stat(target)).uid, 0);
    },
  );

  it('leaves nothing when it is purged', async () => {
    await world.driver.stop({ service }, patience());
    await world.driver.purge({ service }, patience());
    await world.driver.stop({ service: 'other' }, patience());
    await world.driver.purge({ service: 'other' }, patience());
    assert.deepEqual(await readdir(join(world.root, 'runtime'), { recursive: true }), ['services']);
    assert.deepEqual(await readdir(join(world.root, 'state', 'sqlite')), []);
  });
});
