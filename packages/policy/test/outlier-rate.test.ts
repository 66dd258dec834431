import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import fc from 'fast-check';
import { failsMore, OUTLIER_RATE, Standing } from '../src/index.ts';

const policy = DEFAULT_TRAFFIC.outlier!;

test('an instance is due where half of its requests fail, twice as many as of its siblings, and enough tell', () => {
  for (const [own, siblings, due] of [
    [[10, 20], [0, 20], true],
    [[9, 20], [0, 20], false],
    [[10, 19], [0, 20], false],
    [[10, 20], [0, 19], false],
    [[10, 20], [5, 20], true],
    [[10, 20], [6, 20], false],
    [[20, 20], [10, 20], true],
    [[20, 20], [20, 20], false],
    [[0, 20], [0, 20], false],
  ] as const) {
    const tally = ([bad, all]: readonly [number, number]) => ({ bad, all });
    assert.equal(failsMore(tally(own), tally(siblings), policy), due, `${own.join(' of ')}, ${siblings.join(' of ')}`);
  }
});

test('what was counted of an instance is that of the window, whatever came before, and of nothing before it was ejected', () => {
  const slotMs = OUTLIER_RATE.windowMs / 6;
  const whats = [200, 404, 500, 503, undefined, 'eject'] as const;
  const step = fc.record({ afterMs: fc.nat(20_000), what: fc.constantFrom(...whats) });
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.array(step, { maxLength: 200, size: 'max' }), (start, steps) => {
      const standing = new Standing();
      let counted: { at: number; failed: boolean }[] = [];
      let now = start;
      for (const { afterMs, what } of steps) {
        now += afterMs;
        if (what === 'eject') {
          standing.eject('5xx', policy, { now, dice: () => 0 });
          counted = [];
        } else if (what === undefined) standing.onFailure(now);
        else standing.onAnswer(what, { now, isProbe: false, isLate: false });
        if (what !== 'eject') counted.push({ at: now, failed: what === undefined || what >= 500 });
        const slot = Math.floor(now / slotMs);
        const within = counted.filter(({ at }) => Math.floor(at / slotMs) > slot - 6);
        const bad = within.filter(({ failed }) => failed).length;
        assert.deepEqual(standing.tally(now), { bad, all: within.length });
      }
    }),
  );
});
