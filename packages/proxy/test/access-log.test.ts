import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { AccessLog } from '../src/record/access-log.ts';
import { findRecords } from '../src/record/find-record.ts';

async function logIn(t: TestContext): Promise<{ readonly path: string; readonly log: AccessLog }> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-access-log-'));
  const path = join(folder, 'access');
  const log = new AccessLog(path);
  t.after(async () => {
    await log.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { path, log };
}

const lineOf = (id: string, at: number, more = '') => JSON.stringify({ v: 1, at, id, more });
const idsOf = async (path: string, id: string) => (await findRecords(path, id)).map((record) => record.at);

test('writes nothing until a batch is due, and then all of it, for its own user only', async (t) => {
  const { path, log } = await logIn(t);
  log.write('one');
  log.write('two');
  await assert.rejects(stat(path), { code: 'ENOENT' });
  await log.flush();
  assert.equal(await readFile(path, 'utf8'), 'one\ntwo\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('whoever waits for what is there waits for it, however many do', async (t) => {
  const { path, log } = await logIn(t);
  log.write('one');
  const first = log.flush();
  log.write('two');
  // Both wait for the first batch; only one of them writes the second.
  const other = log.flush();
  await log.flush();
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  await Promise.all([first, other]);
});

test('a disk that is full costs lines and nothing else, and they are counted', async () => {
  const log = new AccessLog('/dev/full');
  log.write('one');
  log.write('two');
  await log.flush();
  assert.equal(log.dropped, 2);
  assert.match(String(log.problem), /ENOSPC/);
  await log.close();
});

test('a disk that takes nothing for long does not fill the memory', async (t) => {
  const { log } = await logIn(t);
  const line = 'x'.repeat(1_000_000);
  for (let index = 0; index < 10; index++) log.write(line);
  const kept = Math.ceil(LIMITS.accessLogBufferBytes / 1_000_001);
  assert.equal(log.dropped, 10 - kept);
});

test('the log has a bound: old files go as new ones come, and what is left is found through all of them', async (t) => {
  const { path, log } = await logIn(t);
  const files = LIMITS.accessLogOldFiles + 3;
  const filler = 'x'.repeat(LIMITS.accessLogFileBytes / 4);
  for (let file = 0; file < files; file++) {
    for (let part = 0; part < 4; part++) {
      log.write(lineOf('same', file, part === 0 ? filler.slice(0, 10) : filler));
      await log.flush();
    }
    log.write(lineOf('other', file, filler));
    await log.flush();
  }
  const kept = [...new Set(await idsOf(path, 'same'))];
  assert.deepEqual(
    kept,
    Array.from({ length: LIMITS.accessLogOldFiles + 1 }, (_, index) => index + 2),
  );
  await assert.rejects(stat(`${path}.${LIMITS.accessLogOldFiles + 1}`), { code: 'ENOENT' });
});

test('a proxy that was killed in the middle of a line costs that line alone', async (t) => {
  const { path, log } = await logIn(t);
  await appendFile(path, `${lineOf('whole', 1)}\n${lineOf('torn', 2).slice(0, -3)}`);
  log.write(lineOf('after', 3));
  await log.flush();
  assert.deepEqual([await idsOf(path, 'whole'), await idsOf(path, 'torn'), await idsOf(path, 'after')], [[1], [], [3]]);
});

test('finds an id by itself, not where another line speaks of it', async (t) => {
  const { path, log } = await logIn(t);
  log.write(JSON.stringify({ v: 1, at: 1, id: 'x', path: '"id":"wanted"' }));
  log.write(JSON.stringify({ v: 1, at: 2, id: 'x', parent: { id: 'wanted' } }));
  log.write(JSON.stringify({ v: 999, at: 3, id: 'wanted' }));
  log.write(lineOf('wanted', 4));
  await log.flush();
  assert.deepEqual(await idsOf(path, 'wanted'), [4]);
  assert.deepEqual(await idsOf(path, 'absent'), []);
});
