import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { createBoard } from '../src/board.ts';
import type { Asking, Gauges, Reading } from '../src/gauges.ts';

const READING: Reading = { harbour: 'skerry', at: '2026-01-01T00:00:00.000Z', metres: 1.5, rising: true, gauge: 'a' };

async function board(t: TestContext, gauges: Partial<Gauges>): Promise<string> {
  const none = () => assert.fail('it was not to be asked');
  const server = createBoard({ level: none, watch: none, ...gauges });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a level is asked for with the trace of whoever asks', async (t) => {
  let asked: Asking | undefined;
  const level = async (_: string, asking: Asking) => {
    asked = asking;
    return READING;
  };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const response = await fetch(`${await board(t, { level })}/api/tides/skerry`, { headers: { traceparent } });
  assert.deepEqual([response.status, await response.json()], [200, READING]);
  assert.deepEqual(asked?.headers, { traceparent });
});

const STATUSES = [
  [Code.NotFound, 404],
  [Code.Unavailable, 503],
  [Code.DeadlineExceeded, 504],
  [Code.Internal, 502],
] as const;

for (const [code, status] of STATUSES) {
  test(`${Code[code]} of a gauge is a ${status}`, async (t) => {
    const level = () => Promise.reject(new ConnectError('so it is', code));
    const response = await fetch(`${await board(t, { level })}/api/tides/skerry`);
    assert.equal(response.status, status);
    await response.body?.cancel();
  });
}

test('each message of a stream is an event, and its end is the end', async (t) => {
  const watch = async function* () {
    yield READING;
    yield { ...READING, metres: 1.6 };
  };
  const response = await fetch(`${await board(t, { watch })}/api/tides/skerry/watch`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const events = (await response.text()).trim().split('\n\n');
  assert.deepEqual(
    events.map((event) => JSON.parse(event.replace('data: ', '')).metres),
    [1.5, 1.6],
  );
});

test('a stream is given up when its visitor leaves', async (t) => {
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  const watch = async function* (_: string, __: unknown, { signal }: Asking) {
    signal.addEventListener('abort', () => resolve());
    yield READING;
    await isOver;
  };
  const response = await fetch(`${await board(t, { watch })}/api/tides/skerry/watch`);
  await response.body?.cancel();
  await isOver;
});

test('a pace that is none is refused', async (t) => {
  const response = await fetch(`${await board(t, {})}/api/tides/skerry/watch?everyMs=soon`);
  assert.equal(response.status, 400);
  await response.body?.cancel();
});
