import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trySpan } from '../src/index.ts';

test('each try has a span of its own, of the same length, and none is that of the request', () => {
  const span = '00f067aa0ba90220';
  const tries = Array.from({ length: 15 }, (_, index) => trySpan(span, index + 1));
  assert.equal(new Set([span, ...tries]).size, 16);
  assert.ok(tries.every((it) => /^00f067aa0ba9022[1-9a-f]$/.test(it)));
});
