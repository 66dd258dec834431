import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { it, type TestContext } from 'node:test';
import { DriverError } from '@islet/driver';
import { type Handlers, serveApi } from '../src/api/server.ts';

const TOKEN = 'a-token';

/** Only what is tested answers. */
async function api(t: TestContext, handlers: Partial<Handlers>) {
  const served = await serveApi(handlers as Handlers, { token: TOKEN, port: 0, version: '0' });
  t.after(() => served.close());
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${served.url}${path}`, { ...init, headers: { authorization: `Bearer ${TOKEN}` } });
  return { served, call };
}

/** A stream that says one thing, and then nothing more until nobody listens. */
function quietWatch(signals: AbortSignal[]): Handlers['watch'] {
  return async function* ({ signal }) {
    signals.push(signal);
    yield {} as never;
    await once(signal, 'abort');
  };
}

it('tells a stream that its reader has gone', { timeout: 60_000 }, async (t) => {
  const signals: AbortSignal[] = [];
  const { call } = await api(t, { watch: quietWatch(signals) });
  const reader = new AbortController();
  const response = await call('/v1/status/watch', { signal: reader.signal });
  assert.equal(response.status, 200);
  await response.body?.getReader().read();
  reader.abort();
  const [signal] = signals;
  if (!signal?.aborted) await once(signal as AbortSignal, 'abort');
});

it('closes though streams are open', { timeout: 60_000 }, async (t) => {
  const { served, call } = await api(t, { watch: quietWatch([]) });
  const response = await call('/v1/status/watch');
  assert.equal(response.status, 200);
  await response.body?.getReader().read();
  await served.close();
});

it('refuses a body that is too large, whether or not it says so', { timeout: 60_000 }, async (t) => {
  const { served, call } = await api(t, { down: async () => assert.fail('it was read whole') });
  const large = await call('/v1/down', { method: 'POST', body: 'x'.repeat(1_100_000) });
  assert.equal(large.status, 400);
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  const chunk = `80000\r\n${'x'.repeat(0x80000)}\r\n`;
  socket.write(
    `POST /v1/down HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  socket.write(`${chunk}${chunk}${chunk}0\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.match(answer.toString(), /^HTTP\/1.1 400 /);
});

it('answers nobody without the token, and gives a driver’s refusal its own code', async (t) => {
  const handlers: Partial<Handlers> = {
    status: () => Promise.reject(new DriverError('not-found', 'web has no instance', { hint: 'islet up' })),
  };
  const { served, call } = await api(t, handlers);
  assert.equal((await fetch(`${served.url}/v1/status`)).status, 401);
  const refused = await call('/v1/status');
  assert.equal(refused.status, 404);
  assert.deepEqual(await refused.json(), {
    error: { code: 'not-found', message: 'web has no instance', hint: 'islet up' },
  });
});
