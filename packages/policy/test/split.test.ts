import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EvenDraw, ruledRevision, type Split, type SplitFields, weightedRevision } from '../src/index.ts';

function splitOf(weights: Split['weights'], rest: Partial<Split> = {}): Split {
  return { weights, stable: 'old', rules: [], mirror: undefined, ...rest };
}

function fieldsOf(headers: Record<string, string>, cookies: Record<string, string> = {}): SplitFields {
  return { header: (name) => headers[name], cookie: (name) => cookies[name], host: () => undefined };
}

/** How often each revision is drawn in so many requests. */
function counts(split: Split, draw: EvenDraw, requests: number): Map<string, number> {
  const seen = new Map<string, number>();
  for (let count = 0; count < requests; count++) {
    const revision = weightedRevision(split, draw.next());
    seen.set(revision, (seen.get(revision) ?? 0) + 1);
  }
  return seen;
}

test('whatever the weight, and whenever one looks, the share is off by a few requests at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 50_000 }), (permille, before) => {
      const percent = permille / 10;
      const split = splitOf({ old: 100 - percent, new: percent });
      const draw = new EvenDraw();
      counts(split, draw, before);
      let seen = 0;
      for (let requests = 1; requests <= 2_000; requests++) {
        if (weightedRevision(split, draw.next()) === 'new') seen++;
        assert.ok(Math.abs(seen - (requests * percent) / 100) <= 6, `${seen} of ${requests} at ${percent} %`);
      }
    }),
    { numRuns: 60 },
  );
});

test('three revisions get each their share of a million requests, to within a few', () => {
  const seen = counts(splitOf({ a: 70, b: 25, c: 5 }), new EvenDraw(), 1_000_000);
  assert.ok(Math.abs((seen.get('a') ?? 0) - 700_000) <= 6);
  assert.ok(Math.abs((seen.get('b') ?? 0) - 250_000) <= 6);
  assert.ok(Math.abs((seen.get('c') ?? 0) - 50_000) <= 6);
});

test('a share does not beat in time with what repeats: each kind of request gets its part of the canary', () => {
  const split = splitOf({ old: 95, new: 5 });
  const draw = new EvenDraw();
  const kinds = new Float64Array(20);
  for (let count = 0; count < 20_000; count++) {
    if (weightedRevision(split, draw.next()) === 'new') kinds[count % 20] = (kinds[count % 20] ?? 0) + 1;
  }
  for (const count of kinds) assert.ok(count >= 45 && count <= 55, `${count} of about 50`);
});

test('a revision with no weight, and one that is not named, get nothing; one with all of it gets all', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (draw) => {
      assert.equal(weightedRevision(splitOf({ new: 0, old: 100 }), draw), 'old');
      assert.equal(weightedRevision(splitOf({ new: 100, old: 0 }), draw), 'new');
    }),
  );
});

test('weights that miss 100 by a rounding error still find a revision', () => {
  const split = splitOf({ a: 33.3333333, b: 33.3333333, old: 33.3333333 });
  assert.equal(weightedRevision(split, 1 - 2 ** -32), 'old');
});

test('the first rule that matches names the revision; a rule without a value takes any', () => {
  const split = splitOf(
    { old: 100 },
    {
      rules: [
        { kind: 'header', name: 'x-preview', value: 'b', revision: 'beta' },
        { kind: 'cookie', name: 'preview', value: undefined, revision: 'new' },
        { kind: 'header', name: 'x-preview', value: undefined, revision: 'newer' },
      ],
    },
  );
  const rows: readonly [SplitFields, string | undefined][] = [
    [fieldsOf({}), undefined],
    [fieldsOf({ 'x-preview': 'b' }, { preview: 'yes' }), 'beta'],
    [fieldsOf({ 'x-preview': 'c' }, { preview: '' }), 'new'],
    [fieldsOf({ 'x-preview': 'c' }), 'newer'],
    [fieldsOf({ 'x-other': 'b' }), undefined],
  ];
  for (const [fields, revision] of rows) assert.equal(ruledRevision(split, fields), revision);
});
