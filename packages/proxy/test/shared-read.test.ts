import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { endpointAt, httpInstance, send, serve, until, world } from './world.ts';

const post = (body: string) =>
  `POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

function echo(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('latin1').on('data', (text) => {
    body += text;
  });
  request.on('end', () => response.end(`${request.url} ${body}`));
}

/** Fills the buffer that all clients are read into. */
const noise = (port: number) =>
  send(port, `GET /orders/${'~'.repeat(8_000)} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);

test('a body that waits for an instance is not touched by what others send meanwhile', async (t) => {
  const { plane, gateway, change, publish } = await world(t, []);
  await change({ hold: { maxMs: 20_000, requests: 8 } });
  const bodies = ['a', 'b', 'c'].map((letter) => letter.repeat(3_000));
  const answers = [];
  for (const body of bodies) {
    const before = plane.stats.inFlight;
    answers.push(send(gateway, post(body)));
    await until(() => plane.stats.inFlight > before);
  }
  const other = noise(gateway);
  await until(() => plane.stats.inFlight === bodies.length + 1);
  await publish(endpointAt((await httpInstance(t, echo)).port));
  await other;
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    assert.equal(answer.split('\r\n\r\n')[1], `/ ${bodies[index]}`);
  }
});

test('a request that waits for the one before it is not touched by what others send meanwhile', async (t) => {
  const waiting: (() => void)[] = [];
  const instance = await httpInstance(t, (request, response) => {
    if (request.url === '/first') waiting.push(() => echo(request, response));
    else echo(request, response);
  });
  const { gateway } = await world(t, [instance]);
  const pipelined = send(gateway, `GET /orders/first HTTP/1.1\r\nHost: h\r\n\r\n${post('mine')}`);
  await until(() => waiting.length === 1);
  await noise(gateway);
  waiting[0]?.();
  assert.match(await pipelined, /\/first [\s\S]*\r\n\r\n\/ mine$/);
});

test('what comes through a tunnel arrives as it was sent, when both sides are slow', async (t) => {
  const server = createServer(echo).on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  const { gateway } = await world(t, [await serve(t, server)]);
  const client = connect(gateway, '127.0.0.1');
  client.write('GET /orders HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await once(client, 'data');
  const sent = Buffer.alloc(8 * 1024 * 1024, 'islet-0123456789');
  client.pause();
  client.write(sent);
  await noise(gateway);
  const parts: Buffer[] = [];
  let length = 0;
  client.on('data', (bytes) => {
    parts.push(bytes);
    length += bytes.length;
  });
  client.resume();
  await until(() => length === sent.length);
  assert.ok(Buffer.concat(parts).equals(sent));
  client.destroy();
});
