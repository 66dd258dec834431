import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, clocked } from './clocked.ts';
import { httpInstance, until } from './world.ts';

/* A listener goes while clients are kept on it: each may be asking at that very instant. */

const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

test('a client at rest may ask once more after its listener has gone, and is told with the answer', async (t) => {
  const { edge, listeners, change } = await clocked(t, [await httpInstance(t, (_, response) => response.end('well'))]);
  const { socket, seen } = client(t, edge, GET);
  await until(() => seen.text.endsWith('well'));
  assert.doesNotMatch(seen.text, /connection: close/i);
  await change({ listeners: listeners.filter(({ kind }) => kind !== 'edge') });
  socket.write(GET);
  await until(() => seen.ended);
  assert.match(seen.text, /well[\s\S]*\r\nConnection: close\r\n[\s\S]*well$/);
});

test('one that asks nothing more is ended within five seconds', async (t) => {
  const made = await clocked(t, [await httpInstance(t, (_, response) => response.end('well'))]);
  const { edge, listeners, change, pass } = made;
  const { seen } = client(t, edge, GET);
  await until(() => seen.text.endsWith('well'));
  await change({ listeners: listeners.filter(({ kind }) => kind !== 'edge') });
  pass(5_001);
  await until(() => seen.ended);
});

test('a client that had not said anything yet is answered as well', async (t) => {
  const { edge, listeners, change, plane } = await clocked(t, [
    await httpInstance(t, (_, response) => response.end('well')),
  ]);
  const { socket, seen } = client(t, edge, '');
  await until(() => plane.connections === 1);
  await change({ listeners: listeners.filter(({ kind }) => kind !== 'edge') });
  socket.write(GET);
  await until(() => seen.ended);
  assert.match(seen.text, /^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n[\s\S]*well$/);
});
