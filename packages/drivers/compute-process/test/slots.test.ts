import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../src/slots.ts';

const patience = () => AbortSignal.timeout(60_000);

test('lets no more through than it has, in order', async () => {
  const slots = new Slots(2);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const entered: number[] = [];
  const uses = gates.map(({ promise }, index) =>
    slots.use(async () => {
      entered.push(index);
      await promise;
    }, patience()),
  );
  await new Promise(setImmediate);
  assert.deepEqual(entered, [0, 1]);
  gates[1]!.resolve();
  await uses[1];
  await new Promise(setImmediate);
  assert.deepEqual(entered, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all(uses);
  assert.deepEqual(entered, [0, 1, 2, 3]);
});

test('who gives up waiting takes no slot with it, and an act that fails gives its slot back', async () => {
  const slots = new Slots(1);
  const gate = Promise.withResolvers<void>();
  const first = slots.use(() => gate.promise, patience());
  const off = new AbortController();
  const second = slots.use(async () => assert.fail('it was called off'), off.signal);
  off.abort();
  await assert.rejects(second);
  gate.resolve();
  await first;
  await assert.rejects(
    slots.use(() => Promise.reject(new Error('no')), patience()),
    /no/,
  );
  assert.equal(await slots.use(async () => 'free', patience()), 'free');
});
