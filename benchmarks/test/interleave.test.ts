import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interleave } from '../measure/interleave.ts';

test('a contender that fails ends the run: what is left would compare nothing', async () => {
  const contenders = { a: async () => 1, b: () => Promise.reject(new Error('broken')) };
  await assert.rejects(interleave(3, contenders), /broken/);
});

test('contenders run in turns, one at a time', async () => {
  const order: string[] = [];
  const contender = (name: string) => async () => {
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
    return order.length;
  };
  const results = await interleave(2, { a: contender('a'), b: contender('b') });
  assert.deepEqual(order.slice(0, 4), ['a begins', 'a ends', 'b begins', 'b ends']);
  assert.deepEqual(results, { a: [2, 6], b: [4, 8] });
});
