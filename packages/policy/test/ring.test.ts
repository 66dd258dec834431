import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hash32, POINTS_PER_INSTANCE, Ring } from '../src/index.ts';
import { type Member, members } from './candidates.ts';

const KEYS = Array.from({ length: 2_000 }, (_, index) => hash32(`tenant-${index}`));
const UNBOUND = { boundPercent: 1_000_000 };

function owners(ring: Ring<Member>): readonly (string | undefined)[] {
  return KEYS.map((key) => ring.find(key, UNBOUND)?.id);
}

test('the same key finds the same instance, whatever the order in which they are named', () => {
  const some = members(5);
  assert.deepEqual(owners(new Ring(some)), owners(new Ring(some.toReversed())));
});

test('each instance owns about its part of the keys', () => {
  for (const count of [2, 3, 5, 10]) {
    const parts = Map.groupBy(owners(new Ring(members(count))), (id) => id);
    for (const keys of parts.values()) {
      const part = (keys.length * count) / KEYS.length;
      assert.ok(part > 0.75 && part < 1.25, `${part} of a part of ${count}`);
    }
    assert.equal(parts.size, count);
  }
});

test('one that comes takes keys for itself, and moves none between the others; one that goes likewise', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (count, nth) => {
      const all = members(count + 1);
      const one = all[nth % all.length];
      const [withIt, without] = [owners(new Ring(all)), owners(new Ring(all.filter((it) => it !== one)))];
      for (const [key, owner] of withIt.entries()) {
        if (owner !== one?.id) assert.equal(without[key], owner);
      }
    }),
    { numRuns: 20 },
  );
});

test('one that is not good gives its keys to the next ones, and nobody else gives any', () => {
  const all = members(6);
  const ring = new Ring(all);
  const isGood = ({ id }: Member) => id !== all[2]?.id;
  const before = owners(ring);
  const after = KEYS.map((key) => ring.find(key, { ...UNBOUND, isGood })?.id);
  for (const [key, owner] of before.entries()) {
    if (owner !== all[2]?.id) assert.equal(after[key], owner);
    else assert.notEqual(after[key], owner);
  }
  // Its keys are shared out among several, because its points lie between those of all the others.
  const heirs = new Set(after.filter((_, key) => before[key] === all[2]?.id));
  assert.ok(heirs.size >= 4, [...heirs].join(' '));
});

test('nobody ever has more in flight than the bound allows, however hot a key is, and nobody is refused', () => {
  const requests = fc.array(fc.record({ key: fc.integer({ min: 0, max: 3 }), ends: fc.boolean() }), {
    minLength: 50,
    maxLength: 400,
    size: 'max',
  });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 101, max: 300 }), requests, (count, bound, all) => {
      const some = members(count);
      const ring = new Ring(some);
      let total = 0;
      for (const { key, ends } of all) {
        const busy = some.find(({ inFlight }) => inFlight > 0);
        if (ends && busy !== undefined) {
          busy.inFlight--;
          total--;
          continue;
        }
        const found = ring.find(hash32(`hot ${key}`), { boundPercent: bound });
        assert.ok(found !== undefined);
        found.inFlight++;
        total++;
        assert.ok(found.inFlight <= Math.ceil(((bound / 100) * total) / count), `${found.inFlight} of ${total}`);
      }
    }),
    { numRuns: 60 },
  );
});

test('a key goes home as soon as its instance has room again', () => {
  const some = members(3);
  const ring = new Ring(some);
  const key = hash32('tenant');
  const home = ring.find(key, { boundPercent: 150 });
  assert.ok(home !== undefined);
  home.inFlight = 5;
  assert.notEqual(ring.find(key, { boundPercent: 150 }), home);
  home.inFlight = 0;
  assert.equal(ring.find(key, { boundPercent: 150 }), home);
});

test('a key belongs to the next point on from its own, and past the last to the first', () => {
  const all = members(4);
  const ring = new Ring(all);
  const points = all
    .flatMap(({ id }) => Array.from({ length: POINTS_PER_INSTANCE }, (_, nth) => ({ at: hash32(`${id} ${nth}`), id })))
    .sort((a, b) => a.at - b.at);
  const ends = [0, points[0]!.at, points[0]!.at + 1, points.at(-1)!.at, points.at(-1)!.at + 1, 2 ** 32 - 1];
  for (const key of [...KEYS, ...ends]) {
    const next = points.find(({ at }) => at >= key) ?? points[0];
    assert.equal(ring.find(key, UNBOUND)?.id, next?.id, String(key));
  }
});

test('who is not good is no part of the average that bounds the others', () => {
  const [one, other, bad] = members(3) as [Member, Member, Member];
  const ring = new Ring([one, other, bad]);
  const isGood = (it: Member) => it !== bad;
  const key = KEYS.find((it) => ring.find(it, UNBOUND) === one);
  assert.ok(key !== undefined);
  one.inFlight = 3;
  bad.inFlight = 100;
  assert.equal(ring.find(key, { boundPercent: 150, isGood }), other);
});
