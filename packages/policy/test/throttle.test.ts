import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRIORITIES, type Priority } from '@islet/spec/model';
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

/** The rule as it is written, over a log of all that came: what the ring of counts is compared with. */
test('what is shed follows from the requests of the window, of each priority, and from nothing else', () => {
  const step = fc.record({
    afterMs: fc.oneof({ weight: 20, arbitrary: fc.nat(100) }, { weight: 1, arbitrary: fc.nat(9_000) }),
    of: priority,
    accepted: fc.boolean(),
  });
  const rates = fc.record({ k: fc.constantFrom(1.1, 1.5, 2), windowMs: fc.constantFrom(1_200, 12_000) });
  let shed = 0;
  fc.assert(
    fc.property(rates, fc.array(step, { maxLength: 300, size: 'max' }), fc.nat(100), (by, steps, mostly) => {
      const [throttle, asked] = [new Throttle(), { ...spec, ...by }];
      const slotOf = (at: number) => Math.floor(at / (by.windowMs / 12));
      let log: { at: number; of: Priority; accepted: boolean }[] = [];
      let now = 5_000_000;
      for (const [nth, { afterMs, of, accepted }] of steps.entries()) {
        now += afterMs;
        // A part of the worlds is overloaded, or nothing would be shed.
        const isAccepted = accepted && nth % 100 >= mostly;
        if (throttle.sheds(of, { now, dice: () => 0.5 }, asked)) shed++;
        else throttle.record(of, { accepted: isAccepted, now }, asked);
        const before = log.filter(({ at }) => slotOf(at) > slotOf(now) - 12);
        const wasShed = shareOf(before, of, by.k) > 0.5;
        log = [...before, { at: now, of, accepted: !wasShed && isAccepted }];
        for (const it of PRIORITIES) assert.ok(Math.abs(throttle.shareShed(it, asked) - shareOf(log, it, by.k)) < 1e-9);
      }
    }),
  );
  assert.ok(shed > 500, `${shed}`);
});

function shareOf(
  log: readonly { readonly of: Priority; readonly accepted: boolean }[],
  of: Priority,
  k: number,
): number {
  const tooMany = log.length - k * log.filter(({ accepted }) => accepted).length;
  if (log.length < 20 || tooMany <= 0) return 0;
  const countOf = (some: readonly Priority[]) => log.filter((it) => some.includes(it.of)).length;
  const below = countOf(PRIORITIES.slice(PRIORITIES.indexOf(of) + 1));
  const left = Math.min(tooMany, 0.9 * log.length) - below;
  return Math.min(Math.max(left / Math.max(1, countOf([of])), 0), 1);
}

test('what another thread tells late loses nothing of what is known', () => {
  const throttle = new Throttle();
  for (let call = 0; call < 19; call++) throttle.record('low', { accepted: false, now: 500_000 }, spec);
  throttle.record('low', { accepted: false, now: 470_000 }, spec);
  throttle.record('low', { accepted: false, now: 500_000 }, spec);
  assert.ok(throttle.shareShed('low', spec) > 0);
});

/** Numbers between 0 and 1, the same for the same seed. */
function randomBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
