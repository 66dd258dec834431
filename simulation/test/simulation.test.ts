import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from '../src/index.ts';
import { MUTATIONS } from '../src/mutations.ts';
import { applies } from '../src/plant.ts';

// In the last one instances are ill from their start, so that what else is known of them is asked for.
for (const seed of [0, 1, 2, 3, 34]) {
  test(`what happens follows from the seed alone: ${seed}`, async () => {
    const [first, second] = [await runSeed(seed), await runSeed(seed)];
    assert.deepEqual(second, first);
    assert.ok(first.checks > 0 && first.turns > 0 && first.asks > 0);
  });
}

test('the worlds differ, and have what they are to try', async () => {
  const outcomes = [];
  for (let seed = 10; seed < 20; seed++) outcomes.push(await runSeed(seed));
  assert.deepEqual(
    outcomes.filter(({ broken }) => broken !== undefined),
    [],
  );
  assert.equal(new Set(outcomes.map(({ trace }) => trace.join())).size, outcomes.length);
  assert.ok(outcomes.some(({ deaths }) => deaths > 0));
  for (const what of [
    'dies',
    'is sick',
    'jumps',
    'hangs',
    'fails after its effect',
    'is late',
    'comes twice',
    'restart',
    'scale',
    'rollback',
    'rollout ',
  ]) {
    assert.ok(
      outcomes.some(({ trace }) => trace.some((line) => line.includes(what))),
      what,
    );
  }
});

test('there are at least ten bugs to plant, and each still fits its place', () => {
  assert.ok(MUTATIONS.length >= 10);
  assert.deepEqual(
    MUTATIONS.filter((mutation) => !applies(mutation)),
    [],
  );
});
