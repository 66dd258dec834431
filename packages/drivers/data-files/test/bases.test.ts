import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { basesOf, reusable } from '../src/backup/bases.ts';
import type { Entry, FileEntry } from '../src/backup/entries.ts';

function file(path: string, copy: string, bytes: number): FileEntry {
  const spans = bytes === 0 ? [] : [{ copy, from: 0, bytes }];
  return { kind: 'file', path, mode: 0o600, changedAt: 0, bytes, sha256: path, spans, stamp: `of ${path}` };
}

describe('what the next copy of files is based on', () => {
  it('is the last copy under its own name, and those that it is based on', () => {
    const entries = [file('a', '', 10), file('b', 'old', 10)];
    const sizes = new Map([
      ['last', 10],
      ['old', 15],
    ]);
    const found = reusable({ id: 'last', entries, sizes }, 9);
    assert.deepEqual(basesOf([...found.values()]), ['last', 'old']);
  });

  it('is no file whose stamp is not known', () => {
    const { stamp: _, ...unknown } = file('a', '', 10);
    const found = reusable({ id: 'last', entries: [unknown], sizes: new Map([['last', 10]]) }, 9);
    assert.equal(found.size, 0);
  });

  it('is never a copy of which less than half is used, and never more copies than are allowed', () => {
    const copies = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 1000 }), used: fc.array(fc.nat(200), { maxLength: 5 }) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(copies, fc.integer({ min: 1, max: 8 }), (made, most) => {
        const entries: Entry[] = made.flatMap(({ used }, copy) =>
          used.map((bytes, index) => file(`${copy}/${index}`, `copy ${copy}`, bytes)),
        );
        const sizes = new Map(made.map(({ size }, copy) => [`copy ${copy}`, size]));
        const bases = basesOf([...reusable({ id: 'last', entries, sizes }, most).values()]);
        assert.ok(bases.length <= most);
        for (const base of bases) {
          const used = made[Number(base.slice('copy '.length))]?.used ?? [];
          assert.ok(used.reduce((sum, bytes) => sum + bytes, 0) * 2 >= (sizes.get(base) ?? 0), base);
        }
      }),
    );
  });
});
