import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientHasIt, rangeOf } from '../../src/index.ts';

const OLD = 'Wed, 21 Oct 2026 07:28:00 GMT';
const NEW = 'Wed, 21 Oct 2026 07:28:01 GMT';
const OF_DATE = { etag: undefined, lastModified: OLD };
const TAGGED = { etag: '"b"', lastModified: OLD };

for (const { what, ifNoneMatch, ifModifiedSince, of, has } of [
  { what: 'nothing is said', of: TAGGED, has: false },
  { what: 'any will do', ifNoneMatch: ' * ', of: OF_DATE, has: true },
  { what: 'the tag is the stored one', ifNoneMatch: '"b"', of: TAGGED, has: true },
  { what: 'the tag is among several', ifNoneMatch: '"a", "b", "c"', of: TAGGED, has: true },
  { what: 'the tag is the stored one, weakly', ifNoneMatch: 'W/"b"', of: TAGGED, has: true },
  { what: 'the stored tag is weak', ifNoneMatch: '"b"', of: { ...TAGGED, etag: 'W/"b"' }, has: true },
  { what: 'the tag has no end', ifNoneMatch: '"b', of: TAGGED, has: false },
  { what: 'the tag is another', ifNoneMatch: '"a"', of: TAGGED, has: false },
  { what: 'no tag is stored', ifNoneMatch: '"b"', of: OF_DATE, has: false },
  { what: 'the tag decides, whatever the date', ifNoneMatch: '"a"', ifModifiedSince: NEW, of: TAGGED, has: false },
  { what: 'it was changed just then', ifModifiedSince: OLD, of: OF_DATE, has: true },
  { what: 'it was changed before', ifModifiedSince: NEW, of: OF_DATE, has: true },
  { what: 'it was changed since', ifModifiedSince: OLD, of: { ...OF_DATE, lastModified: NEW }, has: false },
  { what: 'no date is stored', ifModifiedSince: NEW, of: { etag: '"b"', lastModified: undefined }, has: false },
  { what: 'the date is none', ifModifiedSince: 'yesterday', of: OF_DATE, has: false },
] as const) {
  test(`${what}: the client ${has ? 'has it' : 'is sent it'}`, () => {
    assert.equal(clientHasIt({ ifNoneMatch, ifModifiedSince }, of), has);
  });
}

const whole = { kind: 'whole' } as const;
const unsatisfiable = { kind: 'unsatisfiable' } as const;
const part = (first: number, last: number) => ({ kind: 'part', first, last }) as const;

for (const [range, expected, ifRange] of [
  [undefined, whole],
  ['bytes=0-0', part(0, 0)],
  [' bytes=2-4 ', part(2, 4)],
  ['bytes=4-4', part(4, 4)],
  ['bytes=9-', part(9, 9)],
  ['bytes=3-', part(3, 9)],
  ['bytes=3-9', part(3, 9)],
  ['bytes=3-10', part(3, 9)],
  ['bytes=0-99999999999999999999', part(0, 9)],
  ['bytes=10-', unsatisfiable],
  ['bytes=10-20', unsatisfiable],
  ['bytes=-1', part(9, 9)],
  ['bytes=-4', part(6, 9)],
  ['bytes=-10', part(0, 9)],
  ['bytes=-11', part(0, 9)],
  ['bytes=-0', unsatisfiable],
  ['bytes=-', whole],
  ['bytes=4-3', whole],
  ['bytes=0-1,3-4', whole],
  ['items=0-1', whole],
  ['bytes=a-b', whole],
  ['bytes=2-4', part(2, 4), '"b"'],
  ['bytes=2-4', whole, '"a"'],
  ['bytes=2-4', whole, 'W/"b"'],
  ['bytes=2-4', part(2, 4), OLD],
  ['bytes=2-4', whole, NEW],
  ['bytes=12-14', whole, '"a"'],
] as const) {
  test(`of ten bytes, ${range ?? 'no range'} gets ${JSON.stringify(expected)}${ifRange ? `, if it is still ${ifRange}` : ''}`, () => {
    assert.deepEqual(rangeOf({ range, ifRange }, { ...TAGGED, length: 10 }), expected);
  });
}

test('a copy is the same only where it has what it is known by', () => {
  const bare = { etag: undefined, lastModified: undefined, length: 10 };
  for (const ifRange of ['"b"', OLD]) assert.deepEqual(rangeOf({ range: 'bytes=2-4', ifRange }, bare), whole);
});

test('a part lies within the body, and begins and ends where it was asked to as far as there is one', () => {
  const end = fc.option(fc.nat(30), { nil: undefined });
  fc.assert(
    fc.property(end, end, fc.nat(20), (from, to, length) => {
      const asked = { range: `bytes=${from ?? ''}-${to ?? ''}`, ifRange: undefined };
      const got = rangeOf(asked, { etag: undefined, lastModified: undefined, length });
      const bytes = Array.from({ length }, (_, at) => at);
      const wanted = from === undefined ? bytes.slice(-(to ?? 0) || length) : bytes.slice(from, (to ?? length) + 1);
      if (got.kind === 'part') assert.deepEqual(bytes.slice(got.first, got.last + 1), wanted);
      else assert.ok(wanted.length === 0 || (from === undefined && to === undefined), JSON.stringify(got));
    }),
  );
});
