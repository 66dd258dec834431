import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { share } from '../app/model/share.ts';

it('keeps the objects that say the same, and makes new ones only on the way to what changed', () => {
  const before = {
    services: [
      { name: 'a', ready: 1 },
      { name: 'b', list: [1, 2] },
    ],
    at: 1,
  };
  const next = structuredClone(before);
  next.services[0]!.ready = 2;
  const shared = share(before, next);
  assert.deepEqual(shared, next);
  assert.equal(shared.services[1], before.services[1]);
  assert.notEqual(shared.services[0], before.services[0]);
  assert.equal(share(before, structuredClone(before)), before);
});

it('always says what the newer value says', () => {
  const value = fc.jsonValue();
  fc.assert(fc.property(value, value, (before, next) => assert.deepEqual(share(before, next), next)));
});

it('is the older value itself wherever both are the same', () => {
  fc.assert(
    fc.property(fc.object({ values: [fc.integer(), fc.string(), fc.boolean()] }), (value) =>
      assert.equal(share(value, structuredClone(value)), value),
    ),
  );
});
