import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ComputeDriver } from '@islet/driver';
import { lastLines } from '../src/last-lines.ts';
import { readLogs } from '../src/logs.ts';

const MARK = ` [trace_id=${'4'.repeat(32)} span_id=${'2'.repeat(16)}]`;
const compute = {
  logs: async () => [{ service: 'orders', instance: 'orders-r1.0-0' }],
  tail: async () => [`paid sk_42${MARK}`],
  async *follow() {
    yield `shipped sk_42${MARK}`;
  },
} as unknown as ComputeDriver;
const redact = (text: string) => text.replaceAll('sk_42', '[redacted]');

it('lines of log files are shown as services printed them, without secrets and without marks', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  for await (const { line } of readLogs(
    { services: ['orders'], lines: 9, follow: true, signal: stop.signal },
    compute,
    redact,
  )) {
    lines.push(line);
    if (lines.length === 2) stop.abort();
  }
  assert.deepEqual(lines, ['paid [redacted]', 'shipped [redacted]']);
});

it('the last lines of what failed are shown as the service printed them', async () => {
  const instance = { id: 'orders-r1.0-0', service: 'orders', generation: 'r1.0' };
  const look = { instances: new Map([[instance.id, instance]]) } as unknown as Parameters<typeof lastLines>[2]['look'];
  assert.deepEqual(await lastLines('orders', instance.generation as never, { compute, look }), ['paid sk_42']);
});
