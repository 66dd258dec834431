import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aService, aStatus } from '@islet/client/testing';
import picocolors from 'picocolors';
import { createProgress } from '../src/progress.ts';

const LINES = picocolors.createColors(false);

function output(terminal: { columns: number; rows: number } | undefined) {
  const written: string[] = [];
  return { written, terminal, colours: LINES, write: (text: string | Uint8Array) => void written.push(String(text)) };
}

const BUILDING = aStatus([
  aService('web'),
  aService('rates', { state: 'progressing', why: 'builds revision f45f453' }),
]);

test('says again what goes on for long, and for how long, where there is no terminal', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const plain = output(undefined);
  const progress = createProgress(plain, () => now);
  progress.show(BUILDING);
  for (now = 1_000; now <= 31_000; now += 1_000) t.mock.timers.tick(1_000);
  assert.deepEqual(plain.written, [
    'web    ready\nrates  progressing: builds revision f45f453\n',
    'rates  progressing: builds revision f45f453 (15 s)\n',
    'rates  progressing: builds revision f45f453 (30 s)\n',
  ]);
  progress.end();
  t.mock.timers.tick(60_000);
  assert.equal(plain.written.length, 3);
});

test('counts the seconds of what is under way on a terminal, from where they are worth a word', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  const live = output({ columns: 100, rows: 20 });
  const progress = createProgress(live, () => now);
  progress.show(BUILDING);
  for (now = 1_000; now <= 3_000; now += 1_000) t.mock.timers.tick(1_000);
  const told = live.written.map((text) => /builds revision f45f453.*/.exec(text)?.[0].trim());
  assert.deepEqual(told, [...Array(3).fill('builds revision f45f453'), 'builds revision f45f453 (3 s)']);
  progress.show(aStatus([aService('rates', { state: 'progressing', why: 'waits for rates-1' })]));
  assert.match(live.written.at(-1) ?? '', /waits for rates-1\s*$/);
  progress.end();
});
