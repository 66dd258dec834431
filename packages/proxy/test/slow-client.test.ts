import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { cached } from './cache-world.ts';
import { FLAG, FRAME, frame, GET, rawPeer, request } from './frames.ts';
import { setting, uint32 } from './http2-session-world.ts';
import { httpInstance, type Instance, send, until, type World, world } from './world.ts';

/** More than all the buffers between an instance and a client that reads nothing. */
const BYTES = 48 * 1024 * 1024;
const MIB = 1024 ** 2;
const ASK = 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** A client that asks for `/orders`, and reads when it is told to. */
function slow(t: TestContext, port: number, fields = '') {
  const socket = connect(port, '127.0.0.1').pause();
  const seen = { bytes: 0, ended: false };
  socket
    .on('error', () => undefined)
    .on('close', () => {
      seen.ended = true;
    });
  socket.write(`GET /orders HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
  t.after(() => socket.destroy());
  const read = (upTo = Number.POSITIVE_INFINITY) => {
    const until = seen.bytes + upTo;
    socket.removeAllListeners('data').on('data', (bytes) => {
      seen.bytes += bytes.length;
      if (seen.bytes >= until) socket.pause();
    });
    socket.resume();
  };
  return { socket, seen, read };
}

const looked = () => new Promise((resolve) => setTimeout(resolve, 250));

async function clocked(t: TestContext, instance: Instance, sections: Partial<TrafficSpec> = {}) {
  let now = 1_000_000;
  const traffic = { ...DEFAULT_TRAFFIC, ...sections };
  const made: World = await world(t, [instance], 'http', { now: () => now, traffic });
  const pass = async (ms: number) => {
    now += ms;
    await looked();
  };
  return { ...made, pass };
}

/** Its connection is full up to the client: nothing more moves. */
async function stuck({ sockets }: Instance): Promise<void> {
  let before = -1;
  const written = () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  while (written() !== before || before <= 0) {
    before = written();
    await looked();
  }
}

function large(t: TestContext, type = 'application/octet-stream'): Promise<Instance> {
  return httpInstance(t, (_, response) => {
    response.writeHead(200, { 'content-type': type, 'content-length': BYTES });
    let left = BYTES / MIB;
    const more = () => {
      while (left-- > 0) if (!response.write(Buffer.alloc(MIB, left))) return void response.once('drain', more);
      response.end();
    };
    more();
  });
}

for (const [what, from, type, isCut] of [
  ['of the public', 'gateway', 'application/octet-stream', true],
  ['of the public that reads a stream of events', 'gateway', 'text/event-stream', false],
  ['that is a service', 'edge', 'application/octet-stream', false],
] as const) {
  test(`a client ${what} that takes nothing of a response for a minute ${isCut ? 'loses it' : 'is waited for'}`, async (t) => {
    const instance = await large(t, type);
    const made = await clocked(t, instance);
    const { seen, read } = slow(t, made[from]);
    await stuck(instance);
    await made.pass(59_000);
    assert.equal(made.plane.stats.inFlight, 1);
    // What the kernel has taken since is no sign of the client, and is seen once.
    for (let look = 0; look < 3; look++) await made.pass(61_000);
    assert.equal(made.plane.stats.inFlight, isCut ? 0 : 1);
    read();
    await until(() => seen.ended || seen.bytes > BYTES);
    assert.equal(seen.bytes < BYTES, isCut);
    const { edges, instances } = made.plane.readStats();
    const slowOnes = edges.reduce((sum, { errors }) => sum + (errors['client-slow'] ?? 0), 0);
    assert.equal(slowOnes, isCut ? 1 : 0);
    assert.deepEqual(instances[0]?.errors, {}, 'it is not the doing of its instance');
  });
}

test('a client of the public that takes some of a response each minute gets all of it', async (t) => {
  const instance = await large(t);
  const { gateway, pass, plane } = await clocked(t, instance);
  const { seen, read } = slow(t, gateway);
  for (let minute = 0; minute < 6; minute++) {
    await stuck(instance);
    await pass(50_000);
    read(6 * MIB);
  }
  await stuck(instance);
  assert.equal(plane.stats.inFlight, 1);
  read();
  await until(() => seen.bytes > BYTES);
});

test('who has ended its side and reads slowly is there: what is on its way would come back', async (t) => {
  const instance = await large(t);
  const { gateway, pass } = await clocked(t, instance);
  const { socket, seen, read } = slow(t, gateway);
  socket.end();
  await stuck(instance);
  await pass(30_000);
  read();
  await until(() => seen.ended || seen.bytes > BYTES);
  assert.ok(seen.bytes > BYTES, String(seen.bytes));
});

test('the place of a response that has come whole is free, however much of it waits in the encoder', async (t) => {
  // Letters by chance: what they are compressed to is more than a stream of HTTP/2 lets wait.
  const text = Buffer.from(Uint8Array.from({ length: 18_000 }, diceOf(3)))
    .toString('base64')
    .slice(0, 24_000);
  const instance = await httpInstance(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.length }).end(text);
  });
  const compress = { encodings: ['gzip'], minBytes: 1024, types: ['text/*'] } as const;
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 1, pending: 0 };
  const made = await clocked(t, instance, { compress, limits });
  const session = connectHttp2(`http://127.0.0.1:${made.gateway}`, { settings: { initialWindowSize: 100 } });
  t.after(() => session.destroy());
  const stream = session.request({ ':path': '/orders', 'accept-encoding': 'gzip' }).pause();
  // It is reset when it is given up.
  stream.on('error', () => undefined);
  const [head] = await once(stream, 'response');
  assert.equal(head['content-encoding'], 'gzip');
  await until(() => made.plane.readStats().instances[0]?.inFlight === 0);
  assert.equal(made.plane.stats.inFlight, 1, 'its client has not got it yet');
  assert.match(await send(made.gateway, ASK), /^HTTP\/1\.1 200 /);
  // What it took before it stopped is seen once.
  for (let look = 0; look < 2; look++) await made.pass(61_000);
  assert.equal(made.plane.stats.inFlight, 0, 'and will not get it');
});

const ORDERS = [...GET.slice(0, 2), [':path', '/orders'], ...GET.slice(3)] as typeof GET;

for (const [what, opens] of [
  ['opens its window a little each minute is waited for', true],
  ['opens its window no more loses the response', false],
] as const) {
  test(`a stream of the public that ${what}`, async (t) => {
    const instance = await large(t);
    const { gateway, pass, plane } = await clocked(t, instance);
    const peer = rawPeer(gateway);
    t.after(() => peer.socket.destroy());
    const come = () =>
      peer.seen.reduce((sum, { type, payload }) => sum + (type === FRAME.data ? payload.length : 0), 0);
    peer.send(setting(4, 1_000), frame(FRAME.settings, FLAG.ack, 0), request(1, ORDERS));
    for (let looks = 1; looks < 5; looks++) {
      await until(() => come() === 1_000 * (opens ? looks : 1));
      await pass(50_000);
      if (opens) peer.send(frame(FRAME.update, 0, 1, uint32(1_000)));
    }
    assert.equal(plane.stats.inFlight, opens ? 1 : 0);
  });
}

/** A service that keeps a large answer, and a client that asks for it. */
async function stored(t: TestContext, fields: string) {
  const body = Buffer.alloc(24 * MIB, 'x');
  const told = { 'cache-control': 'max-age=600', 'content-length': body.length };
  const room = { memoryBytes: 64 * MIB, maxBodyBytes: 32 * MIB };
  const made = await cached(t, (_, response) => response.writeHead(200, told).end(body), room);
  await send(made.edge, ASK);
  const client = slow(t, made.edge, fields);
  await looked();
  const pass = async (ms: number) => {
    made.pass(ms);
    await looked();
  };
  return { ...client, pass, length: body.length };
}

for (const [what, fields] of [
  ['', ''],
  [', also where its connection ends then', 'Connection: close\r\n'],
] as const) {
  test(`a large stored answer comes whole to who reads it slowly${what}`, async (t) => {
    const { seen, read, pass, length } = await stored(t, fields);
    for (let minute = 0; minute < 3; minute++) {
      await pass(50_000);
      read(5 * MIB);
      await looked();
    }
    read();
    await until(() => seen.ended || seen.bytes > length);
    assert.ok(seen.bytes > length, `${seen.bytes}`);
    if (fields !== '') await until(() => seen.ended);
  });

  test(`a large stored answer is lost to who reads nothing of it for a minute${what}`, async (t) => {
    const { seen, read, pass, length } = await stored(t, fields);
    for (let look = 0; look < 3; look++) await pass(61_000);
    read();
    await until(() => seen.ended);
    assert.ok(seen.bytes < length, `${seen.bytes}`);
  });
}

function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
}
