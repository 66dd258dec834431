import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { endpointAt, httpInstance, send, until, world } from './world.ts';

test('a client that does not read slows the instance down, and memory stays bounded', async (t) => {
  let written = 0;
  const piece = Buffer.alloc(64 * 1024);
  const instance = await httpInstance(t, (_, response) => {
    const pump = () => {
      do written += piece.length;
      while (response.write(piece) && written < 256 * 1024 * 1024);
    };
    response.on('drain', pump);
    pump();
  });
  const { edge } = await world(t, [instance]);
  const client = connect(edge, '127.0.0.1').pause();
  t.after(() => client.destroy());
  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  let before = -1;
  await until(() => {
    const stalled = written > 0 && written === before;
    before = written;
    return stalled;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken from the instance`);
});

test('a client that pipelines and never reads is not read on', async (t) => {
  let served = 0;
  const instance = await httpInstance(t, (_, response) => {
    served++;
    response.end(Buffer.alloc(64 * 1024));
  });
  const { edge } = await world(t, [instance]);
  const client = connect(edge, '127.0.0.1').pause();
  t.after(() => client.destroy());
  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(2_000));
  let before = -1;
  await until(() => {
    const stalled = served > 0 && served === before;
    before = served;
    return stalled;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(served < 500, `${served} requests were answered into memory`);
});

test('an instance that leaves the table gets nothing new, finishes what it has, and is told as drained', async (t) => {
  const pending: (() => void)[] = [];
  const old = await httpInstance(t, (_, response) => pending.push(() => response.end('old')));
  const young = await httpInstance(t, (_, response) => response.end('young'));
  const { edge, plane, publish } = await world(t, [old]);
  const drained: string[] = [];
  plane.on('drained', (instance) => drained.push(instance));
  const GET_CLOSE = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  const first = send(edge, GET_CLOSE);
  await until(() => pending.length === 1);
  await publish(endpointAt(young.port));
  assert.match(await send(edge, GET_CLOSE), /young$/);
  assert.deepEqual(plane.inFlight, { [`orders-a.0-${old.port}`]: 1 });
  assert.deepEqual(drained, []);
  pending[0]?.();
  assert.match(await first, /old$/);
  await until(() => drained.length === 1);
  assert.deepEqual(drained, [`orders-a.0-${old.port}`]);
  assert.deepEqual(plane.inFlight, {});
  await until(() => old.sockets.size === 0);
});
