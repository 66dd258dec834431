import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LogChunk, RestoreTarget } from '@islet/driver';
import { Commands } from '../src/backup/commands.ts';
import { type Frame, readFrames, writeFrame } from '../src/backup/frames.ts';
import { layOut } from '../src/backup/lay-out.ts';
import { MOST_STARTS, placeOf, positionOf } from '../src/backup/position.ts';
import { newRecord, startedAgain } from '../src/records.ts';

const STREAM = 'ab'.repeat(20);
const BASE = Buffer.from('REDIS0010 as of then');

function command(...words: string[]): Buffer {
  return Buffer.from(
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
  );
}

function at(offset: number): string {
  return positionOf({ start: 1, stream: STREAM, offset });
}

function chunk(...frames: Frame[]): LogChunk {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const [from, to] = [at(first.offset), at(last.offset + last.bytes.length)];
  return { from, to, at: last.at, bytes: Buffer.concat(frames.map(writeFrame)) };
}

describe('a place in what Redis tells its replicas', () => {
  it('sorts as they follow each other, whatever server told it', () => {
    const places = [
      { start: 1, stream: STREAM, offset: 0 },
      { start: 1, stream: STREAM, offset: 2 ** 47 },
      { start: 2, stream: '00'.repeat(20), offset: 1 },
      { start: MOST_STARTS, stream: STREAM, offset: 7 },
    ];
    const positions = places.map(positionOf);
    assert.deepEqual(positions.toSorted(), positions);
    assert.deepEqual(positions.map(placeOf), places);
  });

  it('is of another history once the starts can not be counted any more', () => {
    const first = startedAgain(newRecord('carts'), 1);
    assert.equal(first.starts, 1);
    const last = startedAgain({ ...first, starts: MOST_STARTS - 1 }, 1);
    assert.deepEqual([last.id, last.starts], [first.id, MOST_STARTS]);
    const next = startedAgain(last, 1);
    assert.equal(next.starts, 1);
    assert.notEqual(next.id, first.id);
  });
});

describe('a stream', () => {
  const all = Buffer.concat([
    command('SELECT', '0'),
    command('set', 'a', 'x\r\n*1\r\n$4\r\nMULTI\r\n'),
    command('SET', 'ключ', '✓'.repeat(500)),
  ]);

  it('is taken apart into commands, whatever pieces it comes in', () => {
    for (const size of [1, 2, 3, 7, 64, all.length]) {
      const commands = new Commands();
      const found = [];
      for (let from = 0; from < all.length; from += size) {
        for (const { name, bytes } of commands.push(all.subarray(from, from + size))) found.push({ name, bytes });
      }
      assert.deepEqual(
        found.map(({ name }) => name),
        ['SELECT', 'SET', 'SET'],
        `pieces of ${size}`,
      );
      assert.deepEqual(Buffer.concat(found.map(({ bytes }) => bytes)), all);
    }
  });

  it('of something else is refused', () => {
    for (const text of ['PING\r\n', '*1\r\nPING\r\n', '*x\r\n', `*${'1'.repeat(40)}`, '*1\r\n:5\r\n'])
      assert.throws(() => [...new Commands().push(Buffer.from(text))], { code: 'damaged' }, JSON.stringify(text));
  });
});

describe('the log of Redis', () => {
  let root: string;
  let files = 0;
  /** What a server would read, of a copy as of byte 100. */
  const lay = async (target: RestoreTarget, ...chunks: LogChunk[]) => {
    const path = join(root, String(files++));
    const facts = { needs: { from: at(100), to: at(100) }, notes: {} };
    const parts = async function* <T>(items: readonly T[]) {
      yield* items;
    };
    const { isWhole } = await layOut(path, { facts, bytes: parts([BASE]), log: parts(chunks), target });
    const text = (await readFile(path)).subarray(BASE.length).toString();
    return { text, isWhole };
  };
  const latest = { kind: 'latest' } as const;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'islet-redis-log-'));
  });
  after(() => rm(root, { recursive: true }));

  const [select, one, two] = [command('SELECT', '0'), command('SET', 'a', '1'), command('SET', 'b', '2')];

  it('follows the copy, whatever pieces it comes in, overlapping ones too', async () => {
    const all = Buffer.concat([select, one, two]);
    const before = command('SET', 'before', 'it');
    const { text } = await lay(
      latest,
      chunk({ offset: 100 - before.length, at: 1, bytes: Buffer.concat([before, all.subarray(0, 30)]) }),
      chunk({ offset: 110, at: 2, bytes: all.subarray(10, 40) }, { offset: 140, at: 3, bytes: all.subarray(40) }),
    );
    assert.equal(text, all.toString());
  });

  it('ends with what had come at the instant', async () => {
    const log = chunk(
      { offset: 100, at: 5, bytes: Buffer.concat([select, one]) },
      { offset: 100 + select.length + one.length, at: 7, bytes: two },
    );
    for (const [time, expected] of [
      [4, ''],
      [5, `${select}${one}`],
      [6, `${select}${one}`],
      [7, `${select}${one}${two}`],
    ] as const)
      assert.equal((await lay({ kind: 'time', at: time }, log)).text, expected, `at ${time}`);
    assert.equal((await lay({ kind: 'copy' }, log)).text, '');
  });

  it('says where it does not know all of the instant', async () => {
    const frame = { offset: 100, at: 5, bytes: select };
    const next = { offset: 100 + select.length, at: 9, bytes: one };
    for (const [time, frames, expected] of [
      [5, [frame], true],
      // It ends before.
      [6, [frame], false],
      [6, [frame, next], true],
      // Nobody listened when that was changed: it may have been before the instant.
      [6, [frame, { ...next, isLate: true }], false],
      [9, [frame, { ...next, isLate: true }], true],
    ] as const)
      assert.equal((await lay({ kind: 'time', at: time }, chunk(...frames))).isWhole, expected, `at ${time}`);
    assert.equal((await lay(latest, chunk({ ...frame, isLate: true }))).isWhole, true);
  });

  it('ends with a whole command, and a whole transaction', async () => {
    const transaction = [command('MULTI'), one, two, command('EXEC')];
    const all = Buffer.concat([select, ...transaction, one]);
    const whole = select.length + Buffer.concat(transaction).length;
    for (let end = 1; end <= all.length; end++) {
      const { text } = await lay(latest, chunk({ offset: 100, at: 1, bytes: all.subarray(0, end) }));
      const expected =
        end === all.length ? all.length : end >= whole ? whole : end >= select.length ? select.length : 0;
      assert.equal(text, all.subarray(0, expected).toString(), `cut off after ${end}`);
    }
  });

  it('has nothing of what the server says to who follows it', async () => {
    const bytes = Buffer.concat([command('PING'), select, command('REPLCONF', 'GETACK', '*'), one]);
    assert.equal((await lay(latest, chunk({ offset: 100, at: 1, bytes }))).text, `${select}${one}`);
  });

  it('is refused with a gap', async () => {
    const first = chunk({ offset: 100, at: 1, bytes: select });
    await assert.rejects(lay(latest, chunk({ offset: 101, at: 1, bytes: select })), { code: 'damaged' });
    const later = chunk({ offset: 100 + select.length + 1, at: 2, bytes: one });
    await assert.rejects(lay(latest, first, later), { code: 'damaged' });
  });

  it('is refused where a piece is cut off', () => {
    const bytes = writeFrame({ offset: 7, at: 1, bytes: one });
    for (const length of [1, 20, 21, bytes.length - 1])
      assert.throws(() => [...readFrames(bytes.subarray(0, length))], { code: 'damaged' });
  });
});
