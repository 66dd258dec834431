import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComputeDriver } from '@islet/driver';
import { readLogs } from '../src/logs.ts';

test('says what a slow reader has missed where it is missing', async () => {
  const over = new AbortController();
  const compute = {
    logs: async (service: string) => [{ service, instance: 'web-0' }],
    tail: async () => [],
    follow: async function* () {
      for (let line = 0; line < 25_000; line++) yield `line ${line}`;
      await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
    },
  } as Partial<ComputeDriver> as ComputeDriver;
  const request = { services: ['web'], lines: 0, follow: true, signal: over.signal };
  const read: string[] = [];
  for await (const { line } of readLogs(request, compute, (text) => text)) {
    // Whoever reads is busy for a moment, while the service prints on.
    if (read.length === 0) await new Promise(setImmediate);
    read.push(line);
    if (/left out/.test(line)) over.abort();
  }
  const at = read.findIndex((line) => /left out/.test(line));
  const missing = Number(/^(\d+) lines/.exec(read[at] ?? '')?.[1]);
  assert.equal(read[at - 1], `line ${at - 1}`);
  assert.equal(at + missing, 25_000, 'nothing that came before it stands behind it');
});
