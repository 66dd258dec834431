import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ForwardSpec } from '@islet/spec';
import { Receiver } from './otlp-receiver.ts';
import { placeFor, type Running, start, until } from './running.ts';
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
    traceId: traceId(from + index),
    spanId: spanId(from + index),
    name: `span ${from + index}`,
    startTimeUnixNano: `${now}`,
    endTimeUnixNano: `${now + 1_000_000n}`,
  }));
  assert.equal(await process.send(WHO, spans), 200);
}

/** Records of the messages that wait there, as their names say. */
function itemsIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names.reduce((sum, name) => sum + Number(/\.(\d+)\.[0-9a-f]+\.otlp/.exec(name)?.[1] ?? 0), 0);
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
    // They wait on the disk, and what came faster than it could be put there is counted.
    assert.equal((one?.dropped ?? 0) + (one?.waiting ?? 0), 30_000, JSON.stringify(one));
    assert.deepEqual(await found(telemetry, 29_999), ['span 29999']);
  });

  it('sends what waited for a backend that was away though it was killed in between, in order', async (t) => {
    const around = temporary(t);
    const folder = join(around, 'telemetry');
    mkdirSync(folder);
    const receiver = await Receiver.start(t);
    await receiver.close();
    const place = await placeFor(folder, around, { forward: [forwardTo(receiver.url)] });
    const killed = await start(t, place);
    for (let batch = 0; batch < 3; batch++) await send(killed, 1_000, batch * 1_000);
    // What came in the last second may be lost with a kill; so it is awaited that it is a message.
    await until('all are on the disk', async () => itemsIn(join(folder, 'forward')) === 3_000);
    await killed.kill('SIGKILL');

    const next = await start(t, place);
    await send(next, 1, 3_000);
    await receiver.open();
    await until('all are there', async () => receiver.names('traces').includes('span 3000'));
    assert.deepEqual(
      receiver.names('traces'),
      Array.from({ length: 3_001 }, (_, index) => `span ${index}`),
    );
    const [status] = (await next.client.telemetryStatus()).forward ?? [];
    assert.deepEqual([status?.sent, status?.dropped, status?.waiting], [3_001, 0, 0]);
    assert.equal(itemsIn(join(folder, 'forward')), 0);
  });

  it('keeps on the disk what it could not send before it was told to end', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answers = ['hang'];
    const around = temporary(t);
    const folder = join(around, 'telemetry');
    mkdirSync(folder);
    const place = await placeFor(folder, around, { forward: [forwardTo(receiver.url)] });
    const ended = await start(t, place);
    await send(ended, 5);
    await ended.kill('SIGTERM');
    assert.equal(receiver.received.length, 0);
    await start(t, place);
    await until('they are there', async () => receiver.names('traces').length === 5);
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
