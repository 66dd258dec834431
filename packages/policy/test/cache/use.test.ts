import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientHasIt, type Lifetime, rangeOf, useOf } from '../../src/index.ts';

const LIFETIME: Lifetime = {
  initialAgeMs: 2_000,
  freshForMs: 10_000,
  alwaysAsk: false,
  mustRevalidate: false,
  neverStaleOnRequest: false,
  staleWhileRevalidateMs: 5_000,
  staleIfErrorMs: 60_000,
};

const USES = [
  { resident: 0, expected: 'hit' },
  { resident: 7_999, expected: 'hit' },
  { resident: 8_000, expected: 'hit-and-refresh' },
  { resident: 12_999, expected: 'hit-and-refresh' },
  { resident: 13_000, expected: 'ask stale, else it' },
  { resident: 68_000, expected: 'ask stale, else it' },
  { resident: 68_001, expected: 'ask stale' },
  { resident: 0, control: 'no-cache', expected: 'ask request, else it' },
  { resident: 0, pragma: 'no-cache', expected: 'ask request, else it' },
  { resident: 0, pragma: 'no-cache', control: 'max-age=100', expected: 'hit' },
  { resident: 3_000, control: 'max-age=5', expected: 'hit' },
  { resident: 3_001, control: 'max-age=5', expected: 'ask request, else it' },
  { resident: 3_000, control: 'min-fresh=5', expected: 'hit' },
  { resident: 3_001, control: 'min-fresh=5', expected: 'ask request, else it' },
  { resident: 20_000, control: 'max-stale', expected: 'hit' },
  { resident: 18_000, control: 'max-stale=10', expected: 'hit' },
  { resident: 18_001, control: 'max-stale=10', expected: 'ask stale, else it' },
  { resident: 9_000, lifetime: { mustRevalidate: true }, expected: 'ask stale' },
  { resident: 9_000, control: 'max-stale', lifetime: { mustRevalidate: true }, expected: 'ask stale' },
  { resident: 14_000, control: 'max-stale', lifetime: { neverStaleOnRequest: true }, expected: 'ask stale, else it' },
  { resident: 0, lifetime: { alwaysAsk: true }, expected: 'ask stale' },
  { resident: 0, lifetime: { freshForMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }, expected: 'ask stale' },
] as const;

for (const { resident, expected, ...rest } of USES) {
  const { control, pragma, lifetime } = { control: undefined, pragma: undefined, lifetime: {}, ...rest };
  const asked = [control, pragma && `Pragma: ${pragma}`, JSON.stringify(lifetime)].filter(Boolean).join(', ');
  test(`${resident} ms after it came, with ${asked}: ${expected}`, () => {
    const use = useOf({ ...LIFETIME, ...lifetime }, resident, { cacheControl: control, pragma });
    const text = use.kind === 'ask' ? `ask ${use.why}${use.ifError ? ', else it' : ''}` : use.kind;
    assert.equal(text, expected);
    if (use.kind !== 'ask') assert.equal(use.ageMs, 2_000 + resident);
  });
}

const DAY = 'Fri, 27 Nov 2026 00:00:00 GMT';
const DAY_BEFORE = 'Thu, 26 Nov 2026 00:00:00 GMT';

test('a client that has the stored response is told so by its tag, and without one by its date', () => {
  const stored = { etag: '"a"', lastModified: DAY };
  const has = (ifNoneMatch?: string, ifModifiedSince?: string) => clientHasIt({ ifNoneMatch, ifModifiedSince }, stored);
  assert.deepEqual(
    ['"a"', 'W/"a"', '"b", "a"', '*', '"b"', '"a'].map((tag) => has(tag)),
    [...[true, true, true, true], ...[false, false]],
  );
  assert.deepEqual(
    [has(undefined, DAY), has(undefined, DAY_BEFORE), has('"b"', DAY), has(undefined, 'soon')],
    [...[true, false], ...[false, false]],
  );
  assert.equal(clientHasIt({ ifNoneMatch: '"a"', ifModifiedSince: undefined }, { ...stored, etag: undefined }), false);
});

const RANGES = [
  { range: undefined, expected: 'whole' },
  { range: 'bytes=0-9', expected: '0-9' },
  { range: 'bytes=90-', expected: '90-99' },
  { range: 'bytes=-10', expected: '90-99' },
  { range: 'bytes=-1000', expected: '0-99' },
  { range: 'bytes=95-200', expected: '95-99' },
  { range: 'bytes=100-', expected: 'unsatisfiable' },
  { range: 'bytes=-0', expected: 'unsatisfiable' },
  { range: 'bytes=9-0', expected: 'whole' },
  { range: 'bytes=-', expected: 'whole' },
  { range: 'bytes=0-1,5-6', expected: 'whole' },
  { range: 'lines=0-1', expected: 'whole' },
  { range: 'bytes=0-9', ifRange: '"a"', expected: '0-9' },
  { range: 'bytes=0-9', ifRange: '"b"', expected: 'whole' },
  { range: 'bytes=0-9', ifRange: 'W/"a"', expected: 'whole' },
  { range: 'bytes=0-9', ifRange: DAY, expected: '0-9' },
] as const;

for (const { range, expected, ...rest } of RANGES) {
  const { ifRange } = { ifRange: undefined, ...rest };
  test(`of 100 bytes, ${range} with ${ifRange ?? 'no condition'} is ${expected}`, () => {
    const found = rangeOf({ range, ifRange }, { etag: '"a"', lastModified: DAY, length: 100 });
    assert.equal(found.kind === 'part' ? `${found.first}-${found.last}` : found.kind, expected);
  });
}
