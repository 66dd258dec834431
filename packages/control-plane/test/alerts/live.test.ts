import assert from 'node:assert/strict';
import { it } from 'node:test';
import { merged } from '../../src/api/live-alerts.ts';

async function* numbers(...values: readonly number[]): AsyncGenerator<number> {
  for (const value of values) yield value;
}

async function* endless(ended: () => void): AsyncGenerator<number> {
  try {
    for (let n = 100; ; n++) {
      yield n;
      await new Promise((next) => setImmediate(next));
    }
  } finally {
    ended();
  }
}

async function collect(values: AsyncIterable<number>): Promise<number[]> {
  const seen: number[] = [];
  for await (const value of values) seen.push(value);
  return seen;
}

it('two streams are told as one, each in its order', async () => {
  const seen = await collect(merged(numbers(1, 2, 3), numbers(10, 20)));
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    [1, 2, 3, 10, 20],
  );
  assert.deepEqual(
    seen.filter((n) => n < 10),
    [1, 2, 3],
  );
});

it('whoever stops to read ends both', async () => {
  let ends = 0;
  for await (const value of merged(
    endless(() => ends++),
    endless(() => ends++),
  ))
    if (value > 101) break;
  for (let turns = 0; ends < 2 && turns < 100; turns++) await new Promise((next) => setImmediate(next));
  assert.equal(ends, 2);
});

it('where one fails, the failure is told', async () => {
  const failing = async function* fail(): AsyncGenerator<number> {
    yield 1;
    throw new Error('away');
  };
  await assert.rejects(collect(merged(failing(), numbers(5))), /away/);
});
