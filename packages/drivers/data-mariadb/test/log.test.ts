import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LogChunk } from '@islet/driver';
import { type Frame, readFrames, writeFrame } from '../src/backup/frames.ts';
import { placeOf, positionOf } from '../src/backup/position.ts';
import { layOut } from '../src/backup/replay.ts';

const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);

/** An event of the binary log, as far as its head tells. */
function event(length: number): Buffer {
  const bytes = Buffer.alloc(length, 1);
  bytes.writeUInt32LE(length, 9);
  return bytes;
}

function chunk(...frames: Frame[]): LogChunk {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const to = { file: last.file, offset: last.offset + last.bytes.length };
  return { from: positionOf(first), to: positionOf(to), at: 5, bytes: Buffer.concat(frames.map(writeFrame)) };
}

async function* stream(...chunks: LogChunk[]): AsyncGenerator<LogChunk> {
  yield* chunks;
}

describe('the log of MariaDB', () => {
  let root: string;
  /** Of a copy that ends there. */
  const lay = (end: { file: number; offset: number }, ...chunks: LogChunk[]) => {
    const needs = { from: positionOf({ file: 1, offset: 0 }), to: positionOf(end) };
    return layOut(stream(...chunks), { needs, folder: join(root, 'log'), user: undefined });
  };
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'islet-binlog-'));
  });
  after(() => rm(root, { recursive: true }));

  it('has positions that sort as they follow each other', () => {
    const places = [
      { file: 1, offset: 0 },
      { file: 1, offset: 2 ** 33 },
      { file: 2, offset: 4 },
      { file: 300_000, offset: 1 },
    ];
    const positions = places.map(positionOf);
    assert.deepEqual(positions.toSorted(), positions);
    assert.deepEqual(positions.map(placeOf), places);
  });

  it('is laid out in its files, whatever pieces it comes in, overlapping ones too', async () => {
    const whole = Buffer.concat([MAGIC, event(40), event(30)]);
    const next = Buffer.concat([MAGIC, event(25)]);
    const { files, at } = await lay(
      { file: 1, offset: 4 },
      chunk({ file: 1, offset: 0, bytes: whole.subarray(0, 50) }),
      chunk({ file: 1, offset: 30, bytes: whole.subarray(30) }, { file: 2, offset: 0, bytes: next }),
    );
    assert.equal(at, 5);
    assert.deepEqual(await Promise.all(files.map((file) => readFile(file))), [whole, next]);
  });

  it('ends with its last whole event', async () => {
    const { files } = await lay(
      { file: 1, offset: 4 },
      chunk({ file: 1, offset: 0, bytes: Buffer.concat([MAGIC, event(40), event(30).subarray(0, 29)]) }),
    );
    assert.equal((await readFile(files[0]!)).length, 44);
  });

  const GAPS: readonly [string, readonly Frame[]][] = [
    ['at its beginning', [{ file: 1, offset: 50, bytes: event(20) }]],
    [
      'within a file',
      [
        { file: 1, offset: 0, bytes: MAGIC },
        { file: 1, offset: 9, bytes: event(20) },
      ],
    ],
    [
      'of a whole file',
      [
        { file: 1, offset: 0, bytes: MAGIC },
        { file: 3, offset: 0, bytes: MAGIC },
      ],
    ],
    [
      "at a file's beginning",
      [
        { file: 1, offset: 0, bytes: MAGIC },
        { file: 2, offset: 4, bytes: event(20) },
      ],
    ],
  ];
  for (const [where, frames] of GAPS)
    it(`is refused with a gap ${where}`, () =>
      assert.rejects(lay({ file: 1, offset: 4 }, chunk(...frames)), { code: 'damaged' }));

  it('is refused where it ends before the copy does', () =>
    assert.rejects(lay({ file: 1, offset: 9 }, chunk({ file: 1, offset: 0, bytes: MAGIC })), { code: 'damaged' }));

  it('is refused where a piece is cut off', () => {
    const bytes = writeFrame({ file: 1, offset: 0, bytes: event(40) });
    for (const length of [1, 15, 16, bytes.length - 1])
      assert.throws(() => [...readFrames(bytes.subarray(0, length))], { code: 'damaged' });
  });
});
