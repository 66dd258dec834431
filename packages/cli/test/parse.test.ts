import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInstantMs } from '../src/parse.ts';

test('a time is so long ago, a day or an instant', () => {
  assert.ok(Math.abs(parseInstantMs('10m') - (Date.now() - 600_000)) < 60_000);
  assert.equal(parseInstantMs('2026-11-27T09:30:00Z'), Date.UTC(2026, 10, 27, 9, 30));
  assert.equal(parseInstantMs('2026-11-27'), new Date(2026, 10, 27).getTime());
  for (const wrong of ['yesterday', '5', '10:30', '2026-13-01'])
    assert.throws(() => parseInstantMs(wrong), /2026-11-27/);
});
