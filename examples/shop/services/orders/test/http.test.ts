import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { connect } from '../src/http-services.ts';
import { routes } from '../src/routes.ts';
import { createService } from '../src/server.ts';
import type { Services } from '../src/services.ts';
import { FakeServices } from './fake-services.ts';
import { createMemoryStore } from './memory-store.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('orders over HTTP', () => {
  const start = (services: Services = new FakeServices()) =>
    listen(createService(routes({ store: createMemoryStore(), services, newId: randomUUID })));
  const order = (quantity: unknown, card: unknown = '4242424242424242') =>
    JSON.stringify({ items: [{ sku: 'skerry', quantity }], card });

  it('answers 201, the same to a replay, and shows the order', async () => {
    const origin = await start();
    const post = () =>
      fetch(`${origin}/api/orders`, { method: 'POST', headers: { 'idempotency-key': 'key-1' }, body: order(2) });
    const [first, replay] = [await post(), await post()];
    assert.equal(first.status, 201);
    assert.equal(replay.status, 201);
    const body = (await first.json()) as { id: string };
    assert.deepEqual(await replay.json(), body);
    assert.deepEqual(await (await fetch(`${origin}/api/orders/${body.id}`)).json(), body);
  });

  for (const [name, body, status] of [
    ['no JSON', '{', 400],
    ['no object', 'null', 400],
    ['no items', '{"items":[],"card":"4242424242424242"}', 400],
    ['half a piece', order(0.5), 400],
    ['no card', order(1, null), 400],
    ['a card that is no number', order(1, 'plastic'), 400],
    ['a declined card', order(1, '4000000000000002'), 402],
    ['more than there is', order(11), 409],
  ] as const) {
    it(`answers ${status} to ${name}`, async () => {
      const response = await fetch(`${await start()}/api/orders`, { method: 'POST', body });
      assert.equal(response.status, status);
      assert.ok(((await response.json()) as { message: string }).message.length > 0);
    });
  }

  it('answers 404 for an order that is not', async () => {
    const origin = await start();
    for (const id of ['nonsense', randomUUID()]) {
      assert.equal((await fetch(`${origin}/api/orders/${id}`)).status, 404);
    }
  });

  it('answers 503 when the catalog is not there', async () => {
    const origin = await start(connect({ catalog: undefined, payments: undefined, shipping: undefined }));
    assert.equal((await fetch(`${origin}/api/orders`, { method: 'POST', body: order(1) })).status, 503);
  });
});

describe('calling the other services', () => {
  const respond =
    (status: number, body: unknown): RequestListener =>
    (_request, response) =>
      void response.writeHead(status).end(JSON.stringify(body));
  const connectTo = async (listener: RequestListener) => {
    const origin = await listen(createServer(listener));
    return connect({ catalog: origin, payments: origin, shipping: origin });
  };
  const payment = { orderId: 'order-1', amountCents: 100, card: '4242424242424242' };

  for (const [name, listener] of [
    ['answers 503', respond(503, {})],
    ['answers no JSON', (_request, response) => void response.end('<html>')],
    ['hangs up', (request) => void request.socket.destroy()],
    ['does not answer in time', () => {}],
  ] as const satisfies readonly (readonly [string, RequestListener])[]) {
    it(`goes on without a service that ${name}`, async () => {
      const services = await connectTo(listener);
      await Promise.all([
        services.authorize(payment, undefined).then((status) => assert.equal(status, 'pending')),
        services.ship({ orderId: 'order-1', pieces: 1 }, undefined).then((shipment) => assert.equal(shipment, null)),
        assert.rejects(services.reserve('order-1', [], undefined), { status: 503 }),
        assert.rejects(services.undo('order-1', undefined)),
      ]);
    });
  }

  it('tells a declined card from payments that cannot say', async () => {
    assert.equal(
      await (await connectTo(respond(200, { status: 'declined' }))).authorize(payment, undefined),
      'declined',
    );
    assert.equal(
      await (await connectTo(respond(200, { status: 'authorized' }))).authorize(payment, undefined),
      'authorized',
    );
  });

  it('takes a refusal from the catalog only, not any 404', async () => {
    const refused = await connectTo(respond(409, { error: 'out_of_stock', message: 'Only 1 left.' }));
    assert.deepEqual(await refused.reserve('order-1', [], undefined), {
      status: 'refused',
      code: 'out_of_stock',
      message: 'Only 1 left.',
    });
    await assert.rejects((await connectTo(respond(404, { error: 'no_route' }))).reserve('order-1', [], undefined));
  });

  it('passes the trace on', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const seen: IncomingMessage['headers'][] = [];
    const services = await connectTo((request, response) => {
      seen.push(request.headers);
      response.writeHead(503).end();
    });
    await services.ship({ orderId: 'order-1', pieces: 1 }, trace);
    assert.equal(seen[0]?.traceparent, trace);
  });
});
