import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { endpointAt, httpInstance, world } from './world.ts';

/** Asks with the same head over the same connection, each time. */
function sameClient(t: TestContext, port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
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
