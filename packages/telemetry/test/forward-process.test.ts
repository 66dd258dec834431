import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ForwardSpec } from '@islet/spec';
import { Receiver } from './otlp-receiver.ts';
import { placeFor, type Running, start } from './running.ts';
import { spanId, temporary, traceId } from './support.ts';

/* Forwarding in the process that takes telemetry in: whatever becomes of a backend, what comes is taken, kept and found. */

const WHO = { service: 'orders', instance: 'orders-abc.0-0', revision: 'abc' };

function forwardTo(url: string, changes: Partial<ForwardSpec> = {}): ForwardSpec {
  return {
    url,
    protocol: 'http',
    headers: {},
    signals: ['traces'],
    compression: 'gzip',
    timeoutMs: 60_000,
    ...changes,
  };
}

async function running(t: TestContext, forward: readonly ForwardSpec[]): Promise<Running> {
  const around = temporary(t);
  const folder = join(around, 'telemetry');
  mkdirSync(folder);
  return start(t, await placeFor(folder, around, { forward }));
}

/** So many traces of one span each. */
async function send(process: Running, count: number, from = 0): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: count }, (_, index) => ({
    ...{ traceId: traceId(from + index), spanId: spanId(from + index), name: `span ${from + index}` },
    ...{ startTimeUnixNano: `${now}`, endTimeUnixNano: `${now + 1_000_000n}` },
  }));
  assert.equal(await process.send(WHO, spans), 200);
}

const found = async ({ client }: Running, number: number) =>
  (await client.trace({ trace: traceId(number) })).spans.map(({ name }) => name);

describe('the telemetry process', () => {
  it('takes in and finds everything while a backend hangs, and says which', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answers = Array.from({ length: 100 }, () => 'hang' as const);
    const telemetry = await running(t, [forwardTo(receiver.url)]);
    for (let batch = 0; batch < 30; batch++) await send(telemetry, 1_000, batch * 1_000);
    const { forward = [] } = await telemetry.client.telemetryStatus();
    const [one] = forward;
    assert.deepEqual([one?.url, one?.signal, one?.sent], [receiver.url, 'traces', 0]);
    // One message is in flight, so many wait, and the oldest of the rest are gone.
    assert((one?.dropped ?? 0) > 0 && (one?.dropped ?? 0) + (one?.waiting ?? 0) === 30_000, JSON.stringify(one));
    assert.deepEqual(await found(telemetry, 29_999), ['span 29999']);
  });

  it('sends what waits when it is told to end', async (t) => {
    const receiver = await Receiver.start(t);
    const telemetry = await running(t, [forwardTo(receiver.url)]);
    await send(telemetry, 50);
    await telemetry.kill('SIGTERM');
    assert.equal(receiver.names('traces').length, 50);
  });

  it('ends though a backend hangs', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answers = ['hang', 'hang'];
    const telemetry = await running(t, [forwardTo(receiver.url)]);
    await send(telemetry, 5);
    await telemetry.kill('SIGTERM');
    assert.equal(receiver.received.length, 0);
  });
});
