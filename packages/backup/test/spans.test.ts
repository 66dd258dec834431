import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureEra, offersOf, readCatalog, spansOf, writeCopy } from '../src/index.ts';
import { makeWorld, parts, patience } from './sets.ts';

test('any part of a copy, or of one that it is based on, is read by where it is', async (t) => {
  const { vault, close } = await makeWorld();
  t.after(close);
  const record = { engine: 'files', identity: 'one' };
  const era = await ensureEra(vault, { record, now: 1_000 }, patience());
  // Longer than a piece of a copy, and of which no two bytes in a row are alike.
  const base = Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, index) => (index * 7) ^ (index >> 9)));
  const write = (startedAt: number, bytes: Uint8Array, bases: readonly string[]) =>
    writeCopy(
      {
        vault,
        era,
        ...record,
        startedAt,
        now: () => startedAt + 1,
        bytes: parts(bytes, { needs: undefined, notes: {}, bases }),
      },
      patience(),
    );
  const first = await write(2_000, base, []);
  await write(3_000, Buffer.from('the second'), [first.id]);
  const offer = offersOf(await readCatalog(vault, patience())).at(-1);
  assert.ok(offer);
  const read = spansOf(vault, offer);
  const bytesOf = async (copy: string, from: number, bytes: number) => {
    const all: Uint8Array[] = [];
    for await (const part of read({ copy, from, bytes }, patience())) all.push(Uint8Array.from(part));
    return Buffer.concat(all);
  };
  assert.equal((await bytesOf('', 4, 6)).toString(), 'second');
  for (const [from, length] of [
    [0, 10],
    [4_194_300, 10],
    [4_194_304, 5],
    [10, 4_900_000],
    [4_999_999, 1],
  ] as const) {
    assert.ok((await bytesOf(first.id, from, length)).equals(base.subarray(from, from + length)), `${from} ${length}`);
  }
  await assert.rejects(bytesOf(first.id, 4_999_999, 2), { code: 'damaged' });
  await assert.rejects(bytesOf('', 5, 10), { code: 'damaged' });
  await assert.rejects(bytesOf('20010101T000000000Z', 0, 1), { code: 'damaged' });
});
