import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { begin, http2Client } from './http2-world.ts';
import { endpointAt, httpInstance, until, world } from './world.ts';

/** A service of WebSockets by another library, that echoes. */
async function echoing(t: TestContext) {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: true });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const made = await world(t, []);
  await made.publish(endpointAt(port));
  return { ...made, sockets };
}

async function connected(t: TestContext, port: number, protocols: readonly string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, [...protocols]);
  t.after(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

test('a WebSocket carries text, bytes, fragments, pings and compression as it does without the proxy', async (t) => {
  const { edge, gateway } = await echoing(t);
  const socket = await connected(t, edge);
  assert.match(socket.extensions, /permessage-deflate/);
  const big = randomBytes(1024 * 1024);
  for (const sent of ['text', big]) {
    const echo = once(socket, 'message');
    socket.send(sent);
    assert.deepEqual(Buffer.from((await echo)[0]), Buffer.from(sent));
  }
  const whole = once(socket, 'message');
  socket.send('in ', { fin: false });
  socket.send('parts', { fin: true });
  assert.equal(String((await whole)[0]), 'in parts');
  const pong = once(socket, 'pong');
  socket.ping('are you there');
  assert.equal(String((await pong)[0]), 'are you there');
  await assert.rejects(connected(t, gateway), /404/);
});

for (const from of ['client', 'instance'] as const) {
  test(`the closing handshake crosses with code and reason, from the ${from}`, async (t) => {
    const { edge, sockets, plane } = await echoing(t);
    const socket = await connected(t, edge);
    const [other] = sockets.clients;
    assert(other !== undefined);
    const [closer, closed] = from === 'client' ? [socket, other] : [other, socket];
    const heard = once(closed, 'close');
    closer.close(4001, 'enough');
    const [code, reason] = await heard;
    assert.deepEqual([code, String(reason)], [4001, 'enough']);
    await until(() => plane.stats.inFlight === 0);
  });
}

test('the WebSockets of an instance that leaves the table are closed by their handshake, and then it is drained', async (t) => {
  const { edge, publish, plane, sockets } = await echoing(t);
  const socket = await connected(t, edge);
  const [other] = sockets.clients;
  assert(other !== undefined);
  assert.deepEqual(Object.values(plane.longLived), [1]);
  const [drained, heard, answered] = [once(plane, 'drained'), once(socket, 'close'), once(other, 'close')];
  await publish();
  const [code, reason] = await heard;
  assert.deepEqual([code, String(reason)], [1001, 'going away, connect again']);
  assert.equal((await answered)[0], 1001);
  await drained;
  assert.deepEqual(plane.longLived, {});
});

test('a WebSocket in the middle of a message is told to go after it', async (t) => {
  const { edge, publish, sockets } = await echoing(t);
  const socket = await connected(t, edge);
  const [other] = sockets.clients;
  assert(other !== undefined);
  const began = once(socket, 'pong');
  // The ping stands between the fragments: its answer shows that the first one has passed.
  other.send('a whole ', { fin: false });
  socket.ping();
  await began;
  const [message, closed] = [once(socket, 'message'), once(socket, 'close')];
  await publish();
  other.send('message', { fin: true });
  assert.equal(String((await message)[0]), 'a whole message');
  assert.equal((await closed)[0], 1001);
});

test('what a client has said before it heard of the goodbye still reaches its instance', async (t) => {
  const { edge, publish, sockets } = await echoing(t);
  const socket = await connected(t, edge);
  const [other] = sockets.clients;
  assert(other !== undefined);
  const heard = once(other, 'message');
  const closed = once(socket, 'close');
  const published = publish();
  socket.send('said in time');
  assert.equal(String((await heard)[0]), 'said in time');
  await published;
  await closed;
});

test('the WebSockets of a proxy that closes are told to go', async (t) => {
  const { edge, plane } = await echoing(t);
  const socket = await connected(t, edge);
  const closed = once(socket, 'close');
  await plane.close({ byMs: 5_000 });
  assert.equal((await closed)[0], 1001);
});

test('a WebSocket that is accepted by an instance after it has left is told to go at once', async (t) => {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const asked = once(server, 'upgrade');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const one of sockets.clients) one.terminate();
    server.close();
  });
  const { edge, publish } = await world(t, []);
  await publish(endpointAt((server.address() as AddressInfo).port));
  const socket = new WebSocket(`ws://127.0.0.1:${edge}/chat`);
  t.after(() => socket.terminate());
  const [request, stream, head] = await asked;
  await publish();
  const closed = once(socket, 'close');
  sockets.handleUpgrade(request, stream, head, (one) => one.send('welcome'));
  assert.equal((await closed)[0], 1001);
});

test('a stream of events is long-lived, and a response that ends by its length is not', async (t) => {
  const instance = await httpInstance(t, ({ url }, response) => {
    if (url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    else response.writeHead(200, { 'content-type': 'text/event-streams', 'content-length': 10 });
    response.write('data');
  });
  const { edge, plane } = await world(t, [instance]);
  const gone = new AbortController();
  await fetch(`http://127.0.0.1:${edge}/file`, { signal: gone.signal });
  assert.deepEqual([Object.values(plane.inFlight), Object.values(plane.longLived)], [[1], []]);
  await fetch(`http://127.0.0.1:${edge}/events`, { signal: gone.signal });
  assert.deepEqual([Object.values(plane.inFlight), Object.values(plane.longLived)], [[2], [1]]);
  gone.abort();
  await until(() => plane.stats.inFlight === 0);
  assert.deepEqual(plane.longLived, {});
});

test('server-sent events come one by one, over HTTP/1.1 and over HTTP/2, and end with their client', async (t) => {
  let left = 0;
  let send: (data: string) => void = () => undefined;
  const instance = await httpInstance(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => left++);
    send = (data) => void response.write(`data: ${data}\n\n`);
    send('0');
  });
  const { edge, plane } = await world(t, [instance]);

  const gone = new AbortController();
  const events = await fetch(`http://127.0.0.1:${edge}/events`, { signal: gone.signal });
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, 'data: 0\n\n');
  send('1');
  assert.equal((await reader.read()).value, 'data: 1\n\n');
  gone.abort();
  await until(() => left === 1);

  const client = await http2Client(t, edge);
  const stream = begin(client, '/events');
  stream.setEncoding('utf8');
  assert.equal((await once(stream, 'data'))[0], 'data: 0\n\n');
  const next = once(stream, 'data');
  send('1');
  assert.equal((await next)[0], 'data: 1\n\n');
  stream.on('error', () => undefined);
  stream.destroy();
  await until(() => left === 2);
  await until(() => plane.stats.inFlight === 0);
});

test('server-sent events are ended between two of them when their instance leaves, and their client is served by another', async (t) => {
  const instances = await Promise.all(
    ['old', 'new'].map((name) =>
      httpInstance(t, (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        send = (text) => void response.write(text);
        response.write(`data: ${name}\n\n`);
      }),
    ),
  );
  let send: (text: string) => void = () => undefined;
  const [old, next] = instances;
  const { edge, plane, publish } = await world(t, [old!]);
  for (const unfinished of [false, true]) {
    await publish(endpointAt(old!.port));
    const events = await fetch(`http://127.0.0.1:${edge}/events`);
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, 'data: old\n\n');
    if (unfinished) {
      send('data: half');
      assert.equal((await reader.read()).value, 'data: half');
    }
    await publish(endpointAt(next!.port));
    if (unfinished) {
      assert.equal(Object.values(plane.longLived)[0], 1, 'it waits for the end of the event');
      send(' and whole\r\n\r\n');
      assert.equal((await reader.read()).value, ' and whole\r\n\r\n');
    }
    assert.equal((await reader.read()).done, true, 'it ends in order');
    await until(() => plane.stats.inFlight === 0);
    const gone = new AbortController();
    const again = await fetch(`http://127.0.0.1:${edge}/events`, { signal: gone.signal });
    const first = await again.body!.pipeThrough(new TextDecoderStream()).getReader().read();
    assert.equal(first.value, 'data: new\n\n');
    gone.abort();
    await until(() => plane.stats.inFlight === 0);
  }
});

test('over HTTP/2, too, server-sent events end in order; an encoded stream, and one of gRPC, are left alone', async (t) => {
  const instance = await httpInstance(t, ({ url }, response) => {
    if (url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' });
    else if (url === '/encoded')
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    else response.writeHead(200, { 'content-type': 'application/grpc' });
    response.write('data: 0\n\n');
  });
  const { edge, plane, publish } = await world(t, [instance]);
  const client = await http2Client(t, edge);
  const [events, ...others] = ['/events', '/encoded', '/grpc'].map((path) => begin(client, path).resume());
  await until(() => Object.values(plane.longLived)[0] === 3);
  const ended = once(events!, 'end');
  await publish();
  await ended;
  assert.equal(events!.rstCode, 0);
  await until(() => Object.values(plane.longLived)[0] === 2);
  for (const stream of others) stream.on('error', () => undefined).destroy();
});
