import assert from 'node:assert/strict';
import { connect, Socket } from 'node:net';
import { test } from 'node:test';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { httpInstance, until, world } from './world.ts';

/** Set here, so that the file runs like every other one. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const CONNECTIONS = 200;
/**
 * What one client's connection may keep of this heap while it does nothing, the test's own end of it included. A guard
 * against something large that is kept by mistake, such as the last body; what the process takes is for the benchmark.
 */
const HEAP_BYTES = 20_000;

function settledHeap(): number {
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

const openSockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

/** A connection that has had one answer, of a hundred kilobytes, and is kept. */
function used(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').once('error', reject);
    let bytes = 0;
    socket.on('data', (piece) => {
      bytes += piece.length;
      if (bytes >= 100_000) resolve(socket);
    });
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n${'x'.repeat(30_000)}`);
  });
}

async function open(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < CONNECTIONS) sockets.push(await used(port));
  return sockets;
}

test('an idle connection keeps nothing of what went over it', async (t) => {
  const body = 'y'.repeat(100_000);
  const instance = await httpInstance(t, (request, response) => request.resume().on('end', () => response.end(body)));
  const { edge, plane } = await world(t, [instance]);
  // The first round fills what is kept for good: pools, compiled code, the histogram.
  for (let round = 0; round < 2; round++) {
    for (const socket of await open(edge)) socket.destroy();
    // Both ends have let go of theirs, all but the few to the instance.
    await until(() => openSockets() < CONNECTIONS / 10);
    settledHeap();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const before = settledHeap();
  const sockets = await open(edge);
  const each = (settledHeap() - before) / CONNECTIONS;
  for (const socket of sockets) socket.destroy();
  assert.equal(plane.stats.unexpected, 0);
  t.diagnostic(`${Math.round(each)} bytes`);
  assert.ok(each < HEAP_BYTES, `${Math.round(each)} bytes for each idle connection`);
});

test('an idle connection has one socket: the one that it came with is let go', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end('y'.repeat(100_000)));
  const { edge } = await world(t, [instance]);
  (await used(edge)).destroy();
  await until(() => openSockets() <= 2);
  const before = queryObjects(Socket, { format: 'count' });
  const sockets: Socket[] = [];
  while (sockets.length < 20) sockets.push(await used(edge));
  // Beside its end here and the one in the proxy there is nothing.
  assert.ok(queryObjects(Socket, { format: 'count' }) - before <= 2 * sockets.length);
  for (const socket of sockets) socket.destroy();
});
