import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BalanceAlgorithm, BalanceSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import fc from 'fast-check';
import { Balancer, hash32, Ring } from '../src/index.ts';
import { diceOf, type Member, member, members } from './candidates.ts';

const DEFAULT = DEFAULT_TRAFFIC.balance;
const RING: BalanceAlgorithm = { kind: 'ring-hash', key: { kind: 'client' }, boundPercent: 150 };
const EWMA: BalanceAlgorithm = { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 };
const EVERY: readonly BalanceAlgorithm[] = [
  { kind: 'least-request', choiceCount: 2 },
  { kind: 'least-request', choiceCount: 5 },
  { kind: 'round-robin' },
  { kind: 'random' },
  RING,
  EWMA,
];

function balancer(algorithm: BalanceAlgorithm, rest: Partial<BalanceSpec> = {}): Balancer<Member> {
  return new Balancer({ ...DEFAULT, algorithm, ...rest });
}

const NO_DICE = () => {
  throw new Error('a ring leaves nothing to chance');
};
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

for (const algorithm of EVERY) {
  const name = 'choiceCount' in algorithm ? `${algorithm.kind} of ${algorithm.choiceCount}` : algorithm.kind;

  test(`${name}: nobody gives nobody, one is always chosen, and of many it is one of them`, () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 12 }), (seed, count) => {
        const some = members(count);
        const dice = diceOf(seed);
        const chosen = balancer(algorithm).choose(some, { now: 0, dice, hash: hash32(`key ${seed}`) });
        assert.equal(chosen !== undefined, count > 0);
        assert.ok(chosen === undefined || some.includes(chosen));
      }),
    );
  });

  test(`${name}: of those that are good one is chosen, and none where none is`, () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.boolean(), { maxLength: 8 }), (seed, flags) => {
        const some = members(flags.length);
        const isGood = (it: Member) => flags[some.indexOf(it)] === true;
        const choice = { now: 0, dice: diceOf(seed), hash: hash32(`key ${seed}`) };
        const chosen = balancer(algorithm).chooseGood(some, isGood, choice);
        assert.equal(chosen !== undefined, flags.includes(true));
        assert.ok(chosen === undefined || isGood(chosen));
      }),
    );
  });

  test(`${name}: among equals, each gets its part in the long run`, () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 6 }), (seed, count) => {
        const some = members(count);
        const it = balancer(algorithm);
        const dice = diceOf(seed);
        const seen = new Map<Member, number>();
        for (let request = 0; request < 6_000; request++) {
          const chosen = it.choose(some, { now: 0, dice, hash: hash32(`client ${request}`) });
          if (chosen !== undefined) seen.set(chosen, (seen.get(chosen) ?? 0) + 1);
        }
        for (const one of some) {
          const part = ((seen.get(one) ?? 0) * count) / 6_000;
          assert.ok(part > 0.75 && part < 1.25, `${one.id} got ${part} of its part`);
        }
      }),
      { numRuns: 20 },
    );
  });
}

test('least-request: with two, the less loaded one is always chosen', () => {
  const [busy, idle] = [member('a', { inFlight: 3 }), member('b', { inFlight: 2 })];
  fc.assert(
    fc.property(seeds, (seed) => {
      const choice = { now: 0, dice: diceOf(seed), hash: undefined };
      assert.equal(balancer(DEFAULT.algorithm).choose([busy, idle], choice), idle);
      assert.equal(balancer(DEFAULT.algorithm).choose([idle, busy], choice), idle);
    }),
  );
});

test('least-request: the most loaded of several is never chosen, and every other one can be', () => {
  const some = [member('a', { inFlight: 9 }), member('b'), member('c'), member('d')];
  const it = balancer(DEFAULT.algorithm);
  const dice = diceOf(7);
  const chosen = new Set<Member | undefined>();
  for (let count = 0; count < 500; count++) chosen.add(it.choose(some, { now: 0, dice, hash: undefined }));
  assert.deepEqual(chosen, new Set(some.slice(1)));
});

test('least-request: the longest queue stays within a few of the mean, where blind choice does not', () => {
  const longest = (algorithm: BalanceAlgorithm, seed: number, count: number) => {
    const some = members(count);
    const it = balancer(algorithm);
    const dice = diceOf(seed);
    for (let request = 0; request < 100 * count; request++) {
      const chosen = it.choose(some, { now: 0, dice, hash: undefined });
      if (chosen !== undefined) chosen.inFlight++;
    }
    return Math.max(...some.map(({ inFlight }) => inFlight)) - 100;
  };
  fc.assert(
    fc.property(seeds, fc.integer({ min: 2, max: 60 }), (seed, count) => {
      const over = longest(DEFAULT.algorithm, seed, count);
      assert.ok(over <= 4, `${over} over the mean of 100`);
    }),
    { numRuns: 40 },
  );
  assert.ok(longest({ kind: 'random' }, 1, 40) > 10);
});

test('round-robin: each is chosen once in each round, also when one is not good', () => {
  const some = members(5);
  const it = balancer({ kind: 'round-robin' });
  const choice = { now: 0, dice: () => 0.5, hash: undefined };
  for (let round = 0; round < 3; round++) {
    assert.equal(new Set(some.map(() => it.choose(some, choice))).size, 5);
  }
});

test('peak-ewma: the quick one gets most, and the slow one is not forgotten', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const [quick, slow] = [member('quick'), member('slow')];
      const it = balancer(EWMA, { slowStart: undefined });
      const dice = diceOf(seed);
      const counts = { quick: 0, slow: 0 };
      const ends: { at: number; one: Member; rttMs: number }[] = [];
      for (let now = 0; now < 60_000; now += 20) {
        for (const end of ends.filter(({ at }) => at <= now)) {
          end.one.inFlight--;
          end.one.ewma.observe(end.rttMs, end.at, 10_000);
          ends.splice(ends.indexOf(end), 1);
        }
        const one = it.choose([quick, slow], { now, dice, hash: undefined }) ?? quick;
        const rttMs = one === quick ? 10 : 100;
        one.inFlight++;
        counts[one === quick ? 'quick' : 'slow']++;
        ends.push({ at: now + rttMs, one, rttMs });
      }
      assert.ok(counts.quick > 0.9 * 3_000, JSON.stringify(counts));
      assert.ok(counts.slow >= 2, JSON.stringify(counts));
    }),
    { numRuns: 20 },
  );
});

test('peak-ewma: a quick one that is busy costs as much as a slow one that is idle', () => {
  const [quick, slow] = [member('quick', { inFlight: 9 }), member('slow')];
  quick.ewma.observe(10, 0, 10_000);
  slow.ewma.observe(99, 0, 10_000);
  const it = balancer(EWMA, { slowStart: undefined });
  assert.equal(it.choose([quick, slow], { now: 0, dice: diceOf(1), hash: undefined }), slow);
  quick.inFlight = 8;
  assert.equal(it.choose([quick, slow], { now: 0, dice: diceOf(1), hash: undefined }), quick);
});

test('slow start: the part of a newcomer grows from a tenth to its full part, whatever the algorithm', () => {
  const partAt = (algorithm: BalanceAlgorithm, ageMs: number) => {
    const some = [...members(1), member('new', { cameAt: 0 })];
    const it = balancer(algorithm);
    const dice = diceOf(3);
    let count = 0;
    for (let request = 0; request < 4_000; request++) {
      if (it.choose(some, { now: ageMs, dice, hash: undefined }) === some[1]) count++;
    }
    return count / 4_000;
  };
  for (const algorithm of EVERY.filter(({ kind }) => kind !== 'ring-hash' && kind !== 'peak-ewma')) {
    const parts = [0, 2_500, 5_000, 7_500, 10_000].map((ageMs) => partAt(algorithm, ageMs));
    const [first = 1, , middle = 0, , last = 0] = parts;
    assert.ok(first > 0.04 && first < 0.2, `${algorithm.kind}: ${parts}`);
    assert.ok(middle > 0.2 && middle < 0.5, `${algorithm.kind}: ${parts}`);
    assert.ok(last > 0.45 && last < 0.55, `${algorithm.kind}: ${parts}`);
    assert.deepEqual(parts, parts.toSorted(), `${algorithm.kind} grows`);
  }
});

test('slow start: newcomers alone share all, and it can be switched off', () => {
  const some = [member('a', { cameAt: 0 }), member('b', { cameAt: 0 })];
  const dice = diceOf(5);
  const it = balancer(DEFAULT.algorithm);
  let first = 0;
  for (let count = 0; count < 1_000; count++) {
    if (it.choose(some, { now: 0, dice, hash: undefined }) === some[0]) first++;
  }
  assert.ok(first > 400 && first < 600, String(first));
  const [old, fresh] = [member('old', { inFlight: 1 }), member('new', { cameAt: 0 })];
  const off = balancer(DEFAULT.algorithm, { slowStart: undefined });
  assert.equal(off.choose([old, fresh], { now: 0, dice, hash: undefined }), fresh);
});

test('ring-hash: a key finds its instance on the ring of those that are there now', () => {
  const it = balancer(RING);
  const [few, many] = [members(3), members(7)];
  for (const some of [few, many, few]) {
    const ring = new Ring(some);
    for (let key = 0; key < 200; key++) {
      const hash = hash32(`tenant ${key}`);
      assert.equal(it.choose(some, { now: 0, dice: NO_DICE, hash }), ring.find(hash, { boundPercent: 150 }));
    }
  }
});

test('ring-hash: among the good ones too, and whoever was asked for before', () => {
  const some = members(5);
  const isGood = (one: Member) => one !== some[1];
  const ring = new Ring(some);
  for (let key = 0; key < 200; key++) {
    const hash = hash32(`tenant ${key}`);
    const it = balancer(RING);
    if (key % 2 === 0) it.choose(members(4), { now: 0, dice: NO_DICE, hash });
    const chosen = it.chooseGood(some, isGood, { now: 0, dice: NO_DICE, hash });
    assert.equal(chosen, ring.find(hash, { boundPercent: 150, isGood }));
  }
});

test('ring-hash: a request without a key goes to the less loaded of two', () => {
  const [busy, idle] = [member('a', { inFlight: 3 }), member('b', { inFlight: 2 })];
  const choice = { now: 0, dice: diceOf(4), hash: undefined };
  for (let count = 0; count < 20; count++) assert.equal(balancer(RING).choose([busy, idle], choice), idle);
});

test('least-request: of three, as many are compared as it says', () => {
  const some = [member('a', { inFlight: 2 }), member('b', { inFlight: 1 }), member('c', { inFlight: 0 })];
  // Of two drawn without putting back, the idle one is there two times of three, and of the rest the second always wins.
  const it = balancer(DEFAULT.algorithm);
  const dice = diceOf(11);
  const counts = new Map<string, number>();
  for (let count = 0; count < 6_000; count++) {
    const id = it.choose(some, { now: 0, dice, hash: undefined })?.id ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const parts = ['a', 'b', 'c'].map((id) => (counts.get(id) ?? 0) / 6_000);
  assert.equal(parts[0], 0);
  assert.ok(Math.abs((parts[1] ?? 0) - 1 / 3) < 0.03, String(parts));
});

test('slow start: a newcomer that is idle wins no comparison that it does not take part in', () => {
  const [old, fresh] = [member('old', { inFlight: 5 }), member('new', { cameAt: 0 })];
  const it = balancer(DEFAULT.algorithm);
  const dice = diceOf(8);
  let count = 0;
  for (let request = 0; request < 4_000; request++) {
    if (it.choose([old, fresh], { now: 0, dice, hash: undefined }) === fresh) count++;
  }
  // Drawn first, or second: a tenth of each.
  assert.ok(count > 0.05 * 4_000 && count < 0.3 * 4_000, String(count));
  assert.equal(it.choose([old, fresh], { now: 10_000, dice, hash: undefined }), fresh);
});
