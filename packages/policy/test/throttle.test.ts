import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRIORITIES } from '@islet/spec/model';
import fc from 'fast-check';
import { Throttle } from '../src/index.ts';

const spec = { k: 2, windowMs: 120_000, header: undefined };
const priority = fc.constantFrom(...PRIORITIES);

test('nothing is shed while half is accepted, or little is known', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(priority, fc.boolean()), { maxLength: 200, size: 'max' }), (ends) => {
      const throttle = new Throttle();
      let [requests, accepts] = [0, 0];
      for (const [of, accepted] of ends) {
        throttle.record(of, { accepted, now: 1_000 }, spec);
        requests++;
        if (accepted) accepts++;
        const sheds = PRIORITIES.map((it) => throttle.shareShed(it, spec));
        if (requests < 20 || requests <= 2 * accepts) assert.deepEqual(sheds, [0, 0, 0, 0]);
      }
    }),
  );
});

test('a priority is only shed where all of the lower ones are, and never all of what there is', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(priority, fc.boolean()), { minLength: 20, maxLength: 300, size: 'max' }), (ends) => {
      const throttle = new Throttle();
      for (const [of, accepted] of ends) throttle.record(of, { accepted, now: 1_000 }, spec);
      const here = PRIORITIES.filter((it) => ends.some(([of]) => of === it));
      const shares = here.map((it) => throttle.shareShed(it, spec));
      for (const [index, share] of shares.entries()) {
        if (share > 0) assert.ok(shares.slice(index + 1).every((lower) => lower === 1));
      }
      assert.ok(shares[0] !== undefined && shares[0] < 1);
    }),
  );
});

for (const times of [2, 3, 5, 8]) {
  test(`a service that is offered ${times} times what it takes is sent about twice that, and all when it is well`, () => {
    const throttle = new Throttle();
    const dice = randomBy(times);
    const run = (from: number, forMs: number, capacity: number) => {
      let sent = 0;
      for (let now = from; now < from + forMs; now += 100) {
        let taken = 0;
        for (let call = 0; call < 10 * times; call++) {
          if (throttle.sheds('normal', { now, dice }, spec)) continue;
          sent++;
          taken++;
          throttle.record('normal', { accepted: taken <= capacity, now }, spec);
        }
      }
      return sent / ((forMs / 100) * 10);
    };
    run(0, 240_000, 10);
    const overloaded = run(240_000, 120_000, 10);
    assert.ok(overloaded > 1.5 && overloaded < 2.5, `${overloaded}`);
    run(360_000, 600_000, 1_000);
    assert.equal(run(960_000, 10_000, 1_000), times);
  });
}

test('what is older than the window is forgotten', () => {
  const throttle = new Throttle();
  for (let call = 0; call < 50; call++) throttle.record('low', { accepted: false, now: 0 }, spec);
  assert.ok(throttle.sheds('low', { now: 100, dice: () => 0.5 }, spec));
  assert.ok(!throttle.sheds('low', { now: 120_000, dice: () => 0 }, spec));
});

/** Numbers between 0 and 1, the same for the same seed. */
function randomBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
