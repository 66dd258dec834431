import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { endpointAt, httpInstance, rawInstance, send, until, world } from './world.ts';

const UPGRADE = 'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Answers an upgrade and then echoes; keeps what it got before the upgrade out of it. */
function echoing(t: Parameters<typeof world>[0]) {
  return rawInstance(t, (socket) => {
    socket.once('data', (head) => {
      assert.match(head.toString('latin1'), /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ');
      socket.pipe(socket);
    });
  });
}

test('after an upgrade bytes pass both ways, and each end alone', async (t) => {
  const { edge, plane } = await world(t, [await echoing(t)]);
  const answer = await send(edge, `${UPGRADE}early bytes`, { half: true });
  assert.match(answer, /^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*Upgrade: websocket\r\n\r\nhello early bytes$/);
  await until(() => plane.stats.inFlight === 0);
});

test('an upgraded connection is in flight until it ends', async (t) => {
  const instance = await echoing(t);
  const { edge, plane, publish } = await world(t, [instance]);
  const drained: string[] = [];
  plane.on('drained', (name) => drained.push(name));
  const client = connect(edge, '127.0.0.1');
  let received = '';
  client.on('data', (bytes) => {
    received += bytes;
  });
  client.write(UPGRADE);
  await until(() => received.endsWith('hello '));
  await publish();
  client.write('still here');
  await until(() => received.endsWith('still here'));
  assert.deepEqual(plane.inFlight, { [`orders-a.0-${instance.port}`]: 1 });
  client.destroy();
  await until(() => drained.length === 1);
});

test('a tunnel holds back a side that the other does not read', async (t) => {
  let written = 0;
  const piece = Buffer.alloc(64 * 1024);
  const instance = await rawInstance(t, (socket) => {
    const pump = () => {
      do written += piece.length;
      while (socket.write(piece) && written < 256 * 1024 * 1024);
    };
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.on('drain', pump);
      pump();
    });
  });
  const { edge } = await world(t, [instance]);
  const client = connect(edge, '127.0.0.1').pause();
  t.after(() => client.destroy());
  client.write(UPGRADE);
  let before = -1;
  await until(() => {
    const stalled = written > 0 && written === before;
    before = written;
    return stalled;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken`);
});

for (const protocol of ['h2c', 'websocket, h2c', 'HTTP/2.0']) {
  test(`an upgrade to ${protocol} is not offered to the instance`, async (t) => {
    let upgrade: string | undefined = 'none yet';
    const instance = await httpInstance(t, (incoming, response) => {
      upgrade = incoming.headers.upgrade;
      response.end();
    });
    const { edge } = await world(t, [instance]);
    const lines = `Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: a\r\n`;
    assert.match(await send(edge, `GET / HTTP/1.1\r\nHost: h\r\n${lines}\r\n`), /^HTTP\/1\.1 200 /);
    assert.equal(upgrade, undefined);
  });
}

test('an upgrade that the instance declines is an ordinary response', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end('no'));
  const { edge } = await world(t, [instance]);
  const next = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  assert.equal((await send(edge, `${UPGRADE}${next}`)).split('HTTP/1.1 200 OK').length, 3);
});

test('an instance that switches to another protocol than it was asked to is a 502', async (t) => {
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nhello'),
    );
  });
  const { edge } = await world(t, [instance]);
  const answer = await send(edge, UPGRADE.replace('websocket', 'other/1, websocket/13'), { half: true });
  assert.match(answer, /^HTTP\/1\.1 502 [\s\S]*bad-response/);
});

test('a tcp service is passed through per connection, past an instance that refuses', async (t) => {
  const dead = await rawInstance(t, () => undefined);
  dead.kill();
  const echo = await rawInstance(t, (socket) => void socket.pipe(socket));
  const { edge, plane } = await world(t, [dead, echo], 'tcp');
  for (let count = 0; count < 10; count++)
    assert.equal(await send(edge, 'any bytes\n\0', { half: true }), 'any bytes\n\0');
  await until(() => plane.stats.inFlight === 0);
  assert.deepEqual(plane.inFlight, {});
});

test('a side of a tcp service that breaks off is no end for the other', async (t) => {
  const seen: string[] = [];
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', (bytes) => {
      socket.write('part');
      if (String(bytes) === 'break off') setTimeout(() => socket.resetAndDestroy(), 20);
    });
    for (const event of ['end', 'error'] as const) socket.on(event, () => seen.push(event));
  });
  const { edge, plane } = await world(t, [instance], 'tcp');
  await assert.rejects(send(edge, 'break off'), /ECONNRESET/);
  const client = connect(edge, '127.0.0.1');
  client.write('half of it');
  await once(client, 'data');
  client.resetAndDestroy();
  await until(() => seen.length > 0);
  assert.deepEqual(seen, ['error']);
  await until(() => plane.stats.inFlight === 0);
});

test('an instance of a tcp service may speak first', async (t) => {
  const greeter = await rawInstance(t, (socket) => socket.end('220 hello\r\n'));
  const { edge } = await world(t, [greeter], 'tcp');
  assert.equal(await send(edge, ''), '220 hello\r\n');
});

test('a tcp service without an instance ends the connection at once', async (t) => {
  const { edge, plane } = await world(t, [], 'tcp');
  await assert.rejects(send(edge, 'hello'), /ECONNRESET/);
  assert.equal(plane.readStats().edges[0]?.errors['no-ready-instance'], 1);
});

test('a tcp service on the gateway is refused with a reason', async (t) => {
  const { gateway, publish } = await world(t, [], 'tcp');
  await publish(endpointAt(1));
  const answer = await send(gateway, 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 502 [\s\S]*x-islet-error: not-http/);
});
