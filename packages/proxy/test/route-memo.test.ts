import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { endpointAt, httpInstance, world } from './world.ts';

/** Asks with the same head over the same connection, each time. */
function sameClient(t: TestContext, port: number, localAddress = '127.0.0.1') {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
  t.after(() => agent.destroy());
  return (path: string) =>
    new Promise<{ readonly status: number | undefined; readonly body: string; readonly reused: boolean }>((resolve) => {
      const call = get({ port, path, agent }, (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (text) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode, body, reused: call.reusedSocket }));
      });
    });
}

test('a request like the one before goes where the table says now', async (t) => {
  const [one, other] = [
    await httpInstance(t, (request, response) => response.end(`one ${request.url}`)),
    await httpInstance(t, (request, response) => response.end(`other ${request.url}`)),
  ];
  const { gateway, listeners, change, publish } = await world(t, [one]);
  const ask = sameClient(t, gateway);
  for (let count = 0; count < 3; count++) assert.equal((await ask('/orders/x')).body, 'one /x');
  await publish(endpointAt(other.port));
  assert.deepEqual(await ask('/orders/x'), { status: 200, body: 'other /x', reused: true });
  const unstripped = listeners.map((listener) =>
    listener.kind === 'gateway'
      ? { ...listener, routes: listener.routes.map((route) => ({ ...route, strip: false })) }
      : listener,
  );
  await change({ listeners: unstripped });
  assert.deepEqual(await ask('/orders/x'), { status: 200, body: 'other /orders/x', reused: true });
});

test('a request like the one before is refused when its service has left the table', async (t) => {
  const instance = await httpInstance(t, (_request, response) => response.end('there'));
  const { plane, gateway } = await world(t, [instance]);
  const ask = sameClient(t, gateway);
  for (let count = 0; count < 3; count++) assert.equal((await ask('/orders/x')).body, 'there');
  assert.ok(plane.table !== undefined);
  await plane.apply({ ...plane.table, version: 99, services: {} });
  assert.match((await ask('/orders/x')).body, /there is no service orders/);
});

test('clients that send the same head, each again and again, are told apart by their addresses', async (t) => {
  const instance = await httpInstance(t, (request, response) => response.end(request.headers['x-forwarded-for']));
  const { gateway } = await world(t, [instance]);
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3'];
  const clients = addresses.map((address) => ({ address, ask: sameClient(t, gateway, address) }));
  for (let times = 0; times < 4; times++) {
    for (const { address, ask } of clients) assert.equal((await ask('/orders/same')).body, address);
  }
});

test('what is known of a common head is that of the table that is current', async (t) => {
  const [one, other] = [
    await httpInstance(t, (_request, response) => response.end('one')),
    await httpInstance(t, (_request, response) => response.end('other')),
  ];
  const { gateway, listeners, change } = await world(t, [one]);
  const clients = [sameClient(t, gateway), sameClient(t, gateway)];
  const all = async () => {
    const bodies = [];
    for (let times = 0; times < 3; times++) for (const ask of clients) bodies.push((await ask('/orders/x')).body);
    return new Set(bodies);
  };
  assert.deepEqual(await all(), new Set(['one']));
  await change({ endpoints: [endpointAt(other.port)] });
  assert.deepEqual(await all(), new Set(['other']));
  await change({
    listeners: listeners.map((listener) => (listener.kind === 'gateway' ? { ...listener, routes: [] } : listener)),
  });
  assert.match((await clients[0]?.('/orders/x'))?.body ?? '', /no service is exposed/);
});
