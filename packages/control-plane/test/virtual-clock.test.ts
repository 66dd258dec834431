import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../src/testing/index.ts';

it('rings in the order of the instants, of one instant in the order in which they were set, and nothing that was called off', async () => {
  const set = fc.record({ delayMs: fc.nat(20), isCalledOff: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(set, { maxLength: 60, size: 'max' }), async (asked) => {
      const clock = new VirtualClock();
      const rung: number[] = [];
      const timers = asked.map(({ delayMs }, index) => clock.after(delayMs, () => rung.push(index)));
      for (const [index, { isCalledOff }] of asked.entries()) if (isCalledOff) timers[index]?.[Symbol.dispose]();
      const expected = asked
        .map((one, index) => ({ ...one, index }))
        .filter(({ isCalledOff }) => !isCalledOff)
        .sort((a, b) => a.delayMs - b.delayMs || a.index - b.index);
      await clock.pass(10);
      assert.deepEqual(
        rung,
        expected.filter(({ delayMs }) => delayMs <= 10).map(({ index }) => index),
      );
      await clock.pass(10);
      assert.deepEqual(
        rung,
        expected.map(({ index }) => index),
      );
    }),
    { numRuns: 100 },
  );
});

it('is set and called off by what rings', async () => {
  const clock = new VirtualClock();
  const rung: string[] = [];
  const late = clock.after(5, () => rung.push('late'));
  clock.after(1, () => {
    late[Symbol.dispose]();
    clock.after(0, () => rung.push(`at once, ${clock.elapsed() - 1_700_000_000_000}`));
    clock.after(3, () => rung.push('soon'));
  });
  await clock.pass(10);
  assert.deepEqual(rung, ['at once, 1', 'soon']);
});
