import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, clocked } from './clocked.ts';
import { httpInstance, rawInstance, until } from './world.ts';

for (const [who, from, isRefused] of [
  ['the public', 'gateway', true],
  ['a service', 'edge', false],
] as const) {
  test(`a body of ${who} that drips ${isRefused ? 'is refused with 408, however steadily' : 'is waited for'}`, async (t) => {
    const instance = await httpInstance(t, (request, response) => {
      request.resume().on('end', () => response.end('whole'));
    });
    const made = await clocked(t, [instance]);
    const { socket, seen } = client(t, made[from], 'POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n');
    await until(() => instance.sockets.size === 1);
    for (let second = 0; second < 40 && seen.text === ''; second += 4) {
      made.pass(4_000);
      socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await until(() => seen.text !== '');
    assert.match(seen.text, isRefused ? /^HTTP\/1\.1 408 [\s\S]*x-islet-error: request-timeout/ : /^HTTP\/1\.1 200 /);
    if (isRefused) await until(() => instance.sockets.size === 0);
  });
}

test('a body of the public that keeps its pace, or is held back by its instance, is waited for', async (t) => {
  let reads = (): void => undefined;
  const instance = await rawInstance(t, (socket) => {
    let bytes = 0;
    reads = () => {
      socket.on('data', (more) => {
        bytes += more.length;
        if (bytes > 8_000_000) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    };
  });
  const { gateway, pass } = await clocked(t, [instance]);
  const { socket, seen } = client(t, gateway, 'POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n');
  await until(() => instance.sockets.size === 1);
  for (let second = 0; second < 60; second += 10) {
    pass(10_000);
    socket.write('x'.repeat(6_000));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  socket.write('x'.repeat(8_000_000 - 36_000));
  await until(() => socket.bytesWritten > 1_000_000);
  await new Promise((resolve) => setTimeout(resolve, 150));
  pass(120_000);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(seen.text, '');
  reads();
  await until(() => seen.text !== '');
  assert.match(seen.text, /^HTTP\/1\.1 200 /);
});
