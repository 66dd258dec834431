import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { LogChunk } from '@islet/driver';
import { copyFile as copyStore } from '../src/backup/copy.ts';
import { Followed } from '../src/backup/followed.ts';
import { LIMITS } from '../src/backup/limits.ts';
import { decodeRecords } from '../src/backup/record.ts';
import { restoreFile } from '../src/backup/restore-file.ts';
import { LogGap } from '../src/backup/wal-file.ts';

const signal = AbortSignal.timeout(120_000);
let root: string;
let files = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'islet-follow-'));
});
after(() => rm(root, { recursive: true }));

function makeFile(): string {
  const path = join(root, `${++files}.db`);
  using database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE items (id INTEGER PRIMARY KEY, body BLOB)');
  return path;
}

function content(path: string): unknown {
  using database = new DatabaseSync(path);
  assert.deepEqual(
    database
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => ({ ...row })),
    [{ integrity_check: 'ok' }],
  );
  return database
    .prepare('SELECT id, hex(body) AS body FROM items ORDER BY id')
    .all()
    .map((row) => ({ ...row }));
}

/** All that can be fetched, as if as much time had passed as it takes. */
function fetchAll(followed: Followed): LogChunk[] {
  const chunks: LogChunk[] = [];
  followed.look(Date.now() + LIMITS.lookLongestMs);
  for (;;) {
    const chunk = followed.fetch(Date.now() + 10 * LIMITS.lookLongestMs);
    if (chunk === undefined) return chunks;
    chunks.push(chunk);
    assert.ok(followed.acknowledge(chunk.to));
  }
}

async function copyOf(path: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of copyStore({ path, owner: undefined }, signal).bytes()) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}

async function restored(copy: Buffer, log: readonly LogChunk[]): Promise<unknown> {
  const folder = join(root, `restored-${++files}`);
  const bytes = (async function* () {
    yield copy;
  })();
  const pieces = (async function* () {
    yield* log;
  })();
  await restoreFile(
    { folder, file: 'x.db', owner: undefined },
    { bytes, log: pieces, target: { kind: 'latest' } },
    signal,
  );
  return content(join(folder, 'x.db'));
}

/** Numbers that are the same for the same seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe('the log of an SQLite file', () => {
  for (let round = 0; round < 6; round++) {
    const seed = Number(process.env.ISLET_SEED ?? Math.floor(Math.random() * 2 ** 31)) + round;
    it(`is followed without a gap, whatever its service does (seed ${seed})`, async () => {
      const random = dice(seed);
      const path = makeFile();
      let own = new DatabaseSync(path, { timeout: 1_000 });
      const others = new DatabaseSync(path, { timeout: 1_000 });
      const followed = new Followed(path, undefined, 0n);
      const log: LogChunk[] = [];
      let copy: Buffer | undefined;
      const deeds = [
        () => own.prepare('INSERT INTO items (body) VALUES (randomblob(?))').run(random(3_000)),
        () => others.prepare('INSERT INTO items (body) VALUES (randomblob(?))').run(random(300)),
        () => own.exec(`DELETE FROM items WHERE id % ${2 + random(7)} = 0`),
        () =>
          own.exec(`BEGIN; UPDATE items SET body = randomblob(${random(2_000)}); ${random(2) ? 'COMMIT' : 'ROLLBACK'}`),
        () => own.exec('VACUUM'),
        () => own.prepare(`PRAGMA wal_checkpoint(${['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'][random(4)]})`).get(),
        () => {
          own.close();
          own = new DatabaseSync(path, { timeout: 50 });
        },
      ];
      own.exec(`PRAGMA wal_autocheckpoint = ${[0, 5, 1_000][random(3)]}`);
      for (let step = 0; step < 250; step++) {
        // Checkpoints that wait for readers give up when they have waited.
        own.exec('PRAGMA busy_timeout = 2');
        deeds[random(deeds.length)]!();
        if (random(3) === 0) log.push(...fetchAll(followed));
        if (step === 100) copy = await copyOf(path);
      }
      log.push(...fetchAll(followed));
      for (const [index, chunk] of log.entries()) {
        if (index > 0) assert.equal(chunk.from, log[index - 1]!.to);
      }
      assert.deepEqual(await restored(copy!, log), content(path));
      followed.close();
      own.close();
      others.close();
    });
  }

  it('begins anew though somebody writes all the time', () => {
    const path = makeFile();
    const followed = new Followed(path, undefined, 0n);
    using own = new DatabaseSync(path, { timeout: 1_000 });
    const insert = own.prepare('INSERT INTO items (body) VALUES (randomblob(40000))');
    let longest = 0;
    let written = 0;
    for (let at = Date.now(); written < 10 * LIMITS.turnBytes; at += LIMITS.turnMs) {
      for (let count = 0; count < 40; count++, written += 40_000) insert.run();
      followed.look(at);
      // Somebody is always in the middle of something.
      while (followed.fetch(at + LIMITS.turnMs) !== undefined) followed.acknowledge(followed.begin);
      longest = Math.max(longest, walBytes(path));
    }
    assert.ok(longest < 3 * LIMITS.turnBytes, `the log has ${longest} bytes`);
    followed.close();
  });

  it('keeps a transaction that is larger than a piece together', async () => {
    const path = makeFile();
    const copy = await copyOf(path);
    const followed = new Followed(path, undefined, 0n);
    using own = new DatabaseSync(path);
    own.exec(`WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300)
      INSERT INTO items SELECT x, randomblob(40000) FROM n`);
    const log = fetchAll(followed);
    assert.ok(log.length > 1);
    const ends = log.flatMap(({ bytes }) => [...decodeRecords(bytes)].map(({ databasePages }) => databasePages > 0));
    assert.deepEqual(ends.slice(0, -1).filter(Boolean), []);
    assert.equal(ends.at(-1), true);
    assert.deepEqual(await restored(copy, log.slice(0, -1)), []);
    assert.deepEqual(await restored(copy, log), content(path));
    followed.close();
  });

  it('goes on where what is stored ends, and is fetched again where it could not be stored', async () => {
    const path = makeFile();
    const copy = await copyOf(path);
    using own = new DatabaseSync(path);
    const insert = () => own.exec('INSERT INTO items (body) VALUES (randomblob(100))');
    insert();
    const first = new Followed(path, undefined, 0n);
    const [stored] = fetchAll(first);
    insert();
    first.look(Date.now());
    const lost = first.fetch(Date.now() + 1_000);
    assert.ok(first.acknowledge(lost!.from));
    assert.deepEqual(first.fetch(Date.now() + 1_000)?.bytes, lost!.bytes);
    assert.equal(first.acknowledge(undefined), false, 'something was stored');
    // As one that was killed: it lets go, and says nothing.
    const second = new Followed(path, stored!.to, 0n);
    const log = [stored!, ...fetchAll(second)];
    assert.deepEqual(await restored(copy, log), content(path));
    first.close();
    second.close();
  });

  it('begins where it began while nothing of it could be stored', () => {
    const path = makeFile();
    const followed = new Followed(path, undefined, 0n);
    using own = new DatabaseSync(path);
    own.exec('INSERT INTO items (body) VALUES (randomblob(100))');
    followed.look(Date.now());
    const lost = followed.fetch(Date.now() + 1_000);
    assert.ok(followed.acknowledge(undefined));
    assert.deepEqual(followed.fetch(Date.now() + 1_000)?.from, lost!.from);
    followed.close();
  });

  it('says that it has a gap where it was filled anew while nobody looked', () => {
    const path = makeFile();
    const first = new Followed(path, undefined, 0n);
    {
      using own = new DatabaseSync(path);
      own.exec("INSERT INTO items (body) VALUES (x'01')");
      const position = fetchAll(first).at(-1)!.to;
      first.close();
      own.exec("INSERT INTO items (body) VALUES (x'02'); PRAGMA wal_checkpoint(TRUNCATE)");
      own.exec("INSERT INTO items (body) VALUES (x'03')");
      assert.throws(() => new Followed(path, position, 0n), LogGap);
      // Whatever is read now comes after it, and does not continue it.
      const next = new Followed(path, undefined, BigInt(`0x${position.slice(0, 16)}`));
      assert.ok(next.begin > position);
      next.close();
    }
  });

  it('is let go when its path leads to another file', async () => {
    const path = makeFile();
    const followed = new Followed(path, undefined, 0n);
    assert.equal(followed.isGone, false);
    await copyFile(path, `${path}.other`);
    await rename(`${path}.other`, path);
    assert.equal(followed.isGone, true);
    await rm(path);
    assert.equal(followed.isGone, true);
    followed.close();
    assert.equal(existsSync(path), false);
    assert.throws(() => new Followed(path, undefined, 0n), /unable to open/);
  });

  it('is not there in a file that keeps none', () => {
    const path = makeFile();
    using own = new DatabaseSync(path);
    own.exec('PRAGMA journal_mode = DELETE');
    assert.throws(() => new Followed(path, undefined, 0n), /write-ahead/);
  });
});

describe('a copy of an SQLite file', () => {
  it('is of one moment, while others write and take the log over', async () => {
    const path = makeFile();
    using own = new DatabaseSync(path, { timeout: 1_000 });
    own.exec('CREATE TABLE sums (id INTEGER PRIMARY KEY, total INTEGER); INSERT INTO sums VALUES (1, 0)');
    own.exec(`WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500)
      INSERT INTO items SELECT x, randomblob(20000) FROM n`);
    const copying = copyStore({ path, owner: undefined }, signal);
    const parts: Uint8Array[] = [];
    await copying.begun;
    for await (const part of copying.bytes()) {
      parts.push(Uint8Array.from(part));
      own.exec(
        'BEGIN; UPDATE sums SET total = total + 1; UPDATE items SET body = randomblob(20000) WHERE id % 50 = 0; COMMIT',
      );
      own.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    const rows = (await restored(Buffer.concat(parts), [])) as unknown[];
    assert.equal(rows.length, 500);
  });

  it('is of an empty log too', async () => {
    const path = makeFile();
    assert.equal(existsSync(`${path}-wal`), false);
    assert.deepEqual(await restored(await copyOf(path), []), []);
    assert.ok((await stat(path)).size > 0);
  });
});

function walBytes(path: string): number {
  using database = new DatabaseSync(path);
  const { log } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as { log: number };
  return log * 4_120;
}
