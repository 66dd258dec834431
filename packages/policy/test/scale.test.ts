import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ScaleSpec } from '@islet/spec';
import fc from 'fast-check';
import { decideScale as decideOnly, type ScaleInput, type ScaleVerdict } from '../src/scale.ts';
import { NO_SCALE_MEMORY, rememberChange, type ScaleMemory } from '../src/scale-memory.ts';
import { judgeSignal } from '../src/scale-signal.ts';

const SCALE: ScaleSpec = {
  min: 1,
  max: 10,
  targets: [{ metric: 'concurrency', value: 10 }],
  schedule: [],
  priority: 50,
  zero: undefined,
};
const ZERO = { afterMs: 300_000, holdMs: 30_000, requests: 100 };
const NOON = { day: 1, minute: 720 };

function input(changes: Partial<ScaleInput> & { total?: number | undefined } = {}): ScaleInput {
  const { total = 10, ...rest } = changes;
  return {
    scale: SCALE,
    current: 1,
    measured: rest.current ?? 1,
    signals: [{ metric: 'concurrency', target: 10, total: 'total' in changes ? changes.total : total }],
    idleSince: undefined,
    inFlight: 1,
    local: NOON,
    memory: NO_SCALE_MEMORY,
    ...rest,
  };
}

/** Decides, and does what was decided. */
function decideScale(asked: ScaleInput, now: number): ScaleVerdict {
  const verdict = decideOnly(asked, now);
  return { ...verdict, memory: rememberChange(verdict.memory, verdict.instances - asked.current, now) };
}

const said = ({ instances, rule }: ScaleVerdict) => `${instances} ${rule}`;

describe('one signal', () => {
  const load = (total: number, current: number, measured = current) =>
    judgeSignal({ metric: 'rps', target: 100, total }, { current, measured }).wants;

  it('asks for as many as keep each at its target', () => {
    assert.equal(load(500, 2), 5);
    assert.equal(load(501, 2), 6);
    assert.equal(load(100, 5), 1);
  });

  it('asks for no change within the tolerance', () => {
    assert.equal(load(219, 2), 2);
    assert.equal(load(221, 2), 3);
    assert.equal(load(181, 2), 2);
    assert.equal(load(100, 2), 1);
  });

  it('asks once while the instances that it asked for start', () => {
    assert.equal(load(500, 5, 2), 5);
    assert.equal(load(500, 4, 1), 5);
  });

  it('takes away nothing that it has not measured', () => {
    assert.equal(load(20, 4, 1), 4);
    assert.equal(load(20, 4, 3), 2);
  });

  it('asks for nothing where nothing was measured', () => {
    assert.equal(
      judgeSignal({ metric: 'rps', target: 100, total: undefined }, { current: 3, measured: 3 }).wants,
      undefined,
    );
  });

  it('takes latency for more in proportion, and for less one by one', () => {
    const late = (total: number) =>
      judgeSignal({ metric: 'p95', target: 300, total }, { current: 4, measured: 4 }).wants;
    assert.equal(late(600), 8);
    assert.equal(late(320), 4);
    assert.equal(late(160), 4);
    assert.equal(late(10), 3);
  });
});

describe('the number of instances', () => {
  it('follows the signal that asks for most', () => {
    const signals = [
      { metric: 'concurrency', target: 10, total: 25 },
      { metric: 'cpu', target: 70, total: 300 },
    ] as const;
    assert.equal(said(decideScale(input({ current: 3, signals }), 0)), '5 target');
  });

  it('is bounded by the file, and says so', () => {
    assert.equal(said(decideScale(input({ current: 8, total: 500 }), 0)), '10 max');
    assert.equal(said(decideScale(input({ scale: { ...SCALE, min: 2 }, current: 2, total: 0 }), 0)), '2 min');
  });

  it('grows by 4 or by as many as there are in 15 s', () => {
    const first = decideScale(input({ total: 100 }), 0);
    assert.equal(said(first), '5 rate');
    const held = decideScale(input({ current: 5, measured: 1, total: 100, memory: first.memory }), 5_000);
    assert.equal(said(held), '5 rate');
    const next = decideScale(input({ current: 5, total: 100, memory: held.memory }), 15_000);
    assert.equal(said(next), '10 target');
  });

  it('shrinks only to the most that was wanted in five minutes', () => {
    let memory: ScaleMemory = decideScale(input({ current: 6, total: 60 }), 0).memory;
    const at = (now: number, total: number) => {
      const verdict = decideScale(input({ current: 6, total, memory }), now);
      memory = verdict.memory;
      return said(verdict);
    };
    assert.equal(at(100_000, 20), '6 stabilization');
    assert.equal(at(299_999, 40), '6 stabilization');
    assert.equal(at(300_001, 20), '4 stabilization');
    assert.equal(at(600_000, 20), '2 target');
  });

  it('stays where nothing can be measured, and takes nothing away where one thing can not', () => {
    assert.equal(said(decideScale(input({ current: 4, total: undefined }), 0)), '4 missing');
    const signals = [
      { metric: 'concurrency', target: 10, total: 5 },
      { metric: 'cpu', target: 70, total: undefined },
    ] as const;
    assert.equal(said(decideScale(input({ current: 4, signals }), 0)), '4 partly-missing');
  });

  it('is at least what a window of the schedule says, past midnight too', () => {
    const night = { days: [5], fromMinute: 22 * 60, toMinute: 2 * 60, min: 4 };
    const scale = { ...SCALE, schedule: [night] };
    const at = (day: number, minute: number) =>
      said(decideScale(input({ scale, total: 1, local: { day, minute } }), 0));
    assert.equal(at(5, 23 * 60), '4 schedule');
    assert.equal(at(6, 60), '4 schedule');
    assert.equal(at(6, 23 * 60), '1 target');
    assert.equal(at(5, 60), '1 target');
  });

  it('is none once nobody has asked for long enough, but not in a window of the schedule', () => {
    const scale = { ...SCALE, min: 0, zero: ZERO };
    const idle = { scale, total: 0, inFlight: 0, idleSince: 0 };
    assert.equal(said(decideScale(input(idle), 299_999)), '1 min');
    assert.equal(said(decideScale(input(idle), 300_000)), '0 idle');
    const window = { days: [1], fromMinute: 0, toMinute: 1439, min: 1 };
    const scheduled = { ...idle, scale: { ...scale, schedule: [window] } };
    assert.equal(said(decideScale(input(scheduled), 300_000)), '1 schedule');
    assert.equal(said(decideScale(input({ ...scheduled, current: 0 }), 300_000)), '1 schedule');
  });

  it('is one again as soon as a request waits', () => {
    const scale = { ...SCALE, min: 0, zero: ZERO };
    assert.equal(said(decideScale(input({ scale, current: 0, inFlight: 0, idleSince: 0 }), 1_000_000)), '0 idle');
    assert.equal(said(decideScale(input({ scale, current: 0, inFlight: 1 }), 1_000_000)), '1 wake');
  });

  it('forgets what lies in the future when the clock is put back', () => {
    const { memory } = decideScale(input({ current: 6, total: 60 }), 1_000_000);
    assert.equal(said(decideScale(input({ current: 6, total: 20, memory }), 1_000)), '2 target');
  });

  it('keeps to its bounds and its rates, whatever is measured and however often', () => {
    const step = fc.record({
      total: fc.option(fc.double({ min: 0, max: 1_000, noNaN: true }), { nil: undefined }),
      unready: fc.nat({ max: 3 }),
      afterMs: fc.integer({ min: 0, max: 120_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        let [now, current, memory] = [0, 1, NO_SCALE_MEMORY];
        for (const { total, unready, afterMs } of steps) {
          now += afterMs;
          const measured = Math.max(0, current - unready);
          const verdict = decideScale(input({ current, measured, total, memory }), now);
          assert.ok(verdict.instances >= 1 && verdict.instances <= 10);
          assert.ok(verdict.instances <= Math.max(current + 4, current * 2));
          assert.ok(verdict.memory.wanted.length <= 200 && verdict.memory.changes.length <= 200);
          if (total === undefined) assert.equal(verdict.instances, current);
          ({ instances: current, memory } = verdict);
        }
      }),
    );
  });

  it('settles under a steady load, and stays', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), fc.integer({ min: 1, max: 10 }), (total, first) => {
        let [current, memory] = [first, NO_SCALE_MEMORY];
        const seen: number[] = [];
        for (let now = 0; now < 1_200_000; now += 5_000) {
          ({ instances: current, memory } = decideScale(input({ current, total, memory }), now));
          if (now >= 900_000) seen.push(current);
        }
        assert.equal(new Set(seen).size, 1);
        assert.ok(total / current <= 11 + 1e-9);
      }),
    );
  });
});
