import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isPutOff, putOffUntil } from '../src/put-off.ts';
import { VirtualClock } from '../src/testing/index.ts';

const WAIT_MS = 60_000;

for (const { how, wait } of [
  {
    how: 'keeps what it is told',
    wait: async (clock: VirtualClock, at: number) => {
      let until = at;
      const look = () => {
        until = putOffUntil(until, { mostMs: WAIT_MS, now: clock.now() });
        return clock.now() >= until;
      };
      while (!look()) await clock.pass(1_000);
    },
  },
  {
    how: 'asks each time anew',
    wait: async (clock: VirtualClock, at: number) => {
      while (isPutOff(at, { mostMs: WAIT_MS, now: clock.now() })) await clock.pass(1_000);
    },
  },
]) {
  it(`who ${how} waits for what was meant, and wherever the clock is put for no longer than twice that`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(fc.integer({ min: -86_400_000, max: 86_400_000 })), async (jumpMs) => {
        const clock = new VirtualClock();
        const from = clock.elapsed();
        const at = clock.now() + WAIT_MS;
        await clock.pass(10_000);
        if (jumpMs !== null) clock.jump(jumpMs);
        await wait(clock, at);
        const waitedMs = clock.elapsed() - from;
        assert.ok(jumpMs === null ? waitedMs === WAIT_MS : waitedMs <= 2 * WAIT_MS, `${waitedMs} ms`);
      }),
      { numRuns: 50 },
    );
  });
}
