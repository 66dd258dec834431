import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { data, head, settings } from './frame-instance.ts';
import { codeOf, frameWorld, SETTING } from './frame-world.ts';
import { block, FLAG, FRAME, frame } from './frames.ts';
import { ask, begin } from './http2-world.ts';
import { send, until } from './world.ts';

/*
 * Instances that speak HTTP/2, and mean harm or are ill. What one of them does costs the requests that it was sent, and not
 * those of another, nor the proxy.
 */

const ENHANCE_YOUR_CALM = 11;

const FLOODS = [
  { name: 'SETTINGS', one: settings() },
  { name: 'PING', one: frame(FRAME.ping, 0, 0, Buffer.alloc(8)) },
  { name: 'WINDOW_UPDATE', one: frame(8, 0, 0, Buffer.from([0, 0, 0, 1])) },
  { name: 'PRIORITY', one: frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 1])) },
  { name: 'frames that nobody knows', one: frame(0xfe, 0, 0) },
] as const;

for (const { name, one } of FLOODS) {
  test(`an instance that floods ${name} is cut off`, async (t) => {
    const flood = Buffer.concat(Array.from({ length: 2 * LIMITS.http2ControlFramesPerSecond }, () => one));
    const { instance, client } = await frameWorld(t, { onRequest: (_, to) => to.send(flood) });
    assert.equal((await ask(client, '/')).status, 502);
    await until(() => instance.seen(FRAME.goaway).length > 0 && instance.sockets.size === 0);
    assert.equal(instance.seen(FRAME.goaway)[0]?.payload.readUInt32BE(4), ENHANCE_YOUR_CALM);
  });
}

test('an instance that sends more than its window is reset, and its other streams go on', async (t) => {
  const { instance, client } = await frameWorld(t, {
    onRequest: (stream, to, nth) => {
      if (nth > 0) to.send(head(stream));
      else {
        const piece = data(stream, Buffer.alloc(16_000), 0);
        const times = Math.ceil((4 * LIMITS.http2WindowBytes) / 16_000);
        to.send(head(stream, undefined, FLAG.endHeaders), ...Array.from({ length: times }, () => piece));
      }
    },
  });
  const stream = begin(client, '/');
  // A client that does not read.
  stream.on('error', () => undefined);
  await until(() => instance.seen(FRAME.reset).length > 0);
  assert.equal(instance.seen(FRAME.reset)[0]?.payload.readUInt32BE(0), 3);
  assert.equal((await ask(client, '/')).status, 200);
  await until(() => stream.closed);
  assert.notEqual(stream.rstCode, 0);
  assert.equal(instance.connections.length, 1);
});

// Whether it is the instance that is late, or the request that never ends, depends on whether the proxy has all of it.
for (const [bytes, status] of [
  [1_000, 504],
  [300_000, 408],
] as const) {
  test(`a window that never opens ends a request of ${bytes} bytes with its time, and nothing else`, async (t) => {
    const greeting = settings([SETTING.windowBytes, 0]);
    const { instance, client, overdue } = await frameWorld(t, {
      greeting,
      onRequest: (stream, to, nth) => nth > 0 && to.send(head(stream)),
    });
    const answer = ask(client, '/', { body: Buffer.alloc(bytes) });
    await until(() => instance.seen(FRAME.headers).length > 0);
    assert.equal((await overdue(answer)).status, status);
    await until(() => instance.seen(FRAME.reset).length > 0);
    assert.equal(instance.seen(FRAME.data).length, 0);
    assert.equal((await ask(client, '/')).status, 200);
    assert.equal(instance.connections.length, 1);
  });
}
test('a large body goes out in frames that any instance takes, however large those are that this one allows', async (t) => {
  const greeting = Buffer.concat([
    settings([SETTING.windowBytes, 2 ** 30], [SETTING.frameBytes, 2 ** 20]),
    frame(8, 0, 0, Buffer.from([0x3f, 0, 0, 0])),
  ]);
  const { instance, client } = await frameWorld(t, { greeting, onRequest: () => undefined });
  const body = Buffer.alloc(1_000_000, 'islet');
  void ask(client, '/', { body });
  const come = () => Buffer.concat(instance.seen(FRAME.data).map(({ payload }) => payload));
  await until(() => come().length >= body.length);
  assert.ok(come().equals(body));
  assert.ok(instance.seen(FRAME.data).every(({ payload }) => payload.length <= 16_384));
});

test('a bomb in the head of an answer is not passed on, and the connection serves on', async (t) => {
  const entry = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'x')]);
  const bomb = Buffer.concat([Buffer.from([0x88]), entry, Buffer.alloc(10_000, 0xbe)]);
  const { instance, client } = await frameWorld(t, {
    // What comes after refers to what the bomb has put into the table.
    onRequest: (stream, to, nth) => to.send(head(stream, nth === 0 ? bomb : Buffer.from([0x88, 0xbe]))),
  });
  const first = await ask(client, '/');
  assert.deepEqual([first.status, codeOf(first)], [502, 'bad-response']);
  const second = await ask(client, '/');
  assert.deepEqual([second.status, second.headers.a?.length], [200, 4_000]);
  assert.equal(instance.connections.length, 1);
});

test('an answer whose head never ends is cut off', async (t) => {
  const { instance, client } = await frameWorld(t, {
    onRequest: (stream, to) => {
      to.send(head(stream, undefined, 0));
      const more = frame(FRAME.continuation, 0, stream, block([['x-a', 'b'.repeat(100)]]));
      for (let nth = 0; nth < 1_000; nth++) to.send(more);
    },
  });
  assert.equal((await ask(client, '/')).status, 502);
  await until(() => instance.sockets.size === 0);
});

const MALFORMED = [
  ['a status that is none', [[':status', 'ok']]],
  ['no status', [['x-a', 'b']]],
  [
    'two statuses',
    [
      [':status', '200'],
      [':status', '200'],
    ],
  ],
  [
    'a pseudo-field of a request',
    [
      [':status', '200'],
      [':path', '/'],
    ],
  ],
  [
    'a pseudo-field after a field',
    [
      ['x-a', 'b'],
      [':status', '200'],
    ],
  ],
  [
    'a name with capitals',
    [
      [':status', '200'],
      ['X-A', 'b'],
    ],
  ],
  [
    'a line break in a value',
    [
      [':status', '200'],
      ['x-a', 'b\r\nevil: yes'],
    ],
  ],
  [
    'Transfer-Encoding',
    [
      [':status', '200'],
      ['transfer-encoding', 'chunked'],
    ],
  ],
  [
    'two lengths',
    [
      [':status', '200'],
      ['content-length', '1'],
      ['content-length', '2'],
    ],
  ],
  [
    'a length, and no body',
    [
      [':status', '200'],
      ['content-length', '1'],
    ],
  ],
  ['101', [[':status', '101']]],
  ['a status beyond all classes', [[':status', '600']]],
  ['a status with its reason', [[':status', '200 OK']]],
  [
    'Connection',
    [
      [':status', '200'],
      ['connection', 'close'],
    ],
  ],
  [
    'a length with a plus',
    [
      [':status', '200'],
      ['content-length', '+1'],
    ],
  ],
  [
    'a list of lengths',
    [
      [':status', '200'],
      ['content-length', '1, 1'],
    ],
  ],
  [
    'a colon in a name',
    [
      [':status', '200'],
      ['x-a: b', 'c'],
    ],
  ],
  [
    'a blank in a name',
    [
      [':status', '200'],
      ['x a', 'b'],
    ],
  ],
  [
    'a NUL in a value',
    [
      [':status', '200'],
      ['x-a', 'b\0c'],
    ],
  ],
] as const;

for (const [name, fields] of MALFORMED) {
  test(`an answer with ${name} is refused, and the connection serves on`, async (t) => {
    const { instance, client, edge } = await frameWorld(t, {
      onRequest: (stream, to, nth) => to.send(head(stream, nth < 2 ? block(fields) : undefined)),
    });
    const first = await ask(client, '/');
    assert.deepEqual([first.status, codeOf(first)], [502, 'bad-response']);
    const get = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
    assert.match(await send(edge, get), /^HTTP\/1\.1 502 [\s\S]*"bad-response"/);
    assert.equal((await ask(client, '/')).status, 200);
    assert.match(await send(edge, get), /^HTTP\/1\.1 200 /);
    assert.equal(instance.connections.length, 1);
  });
}

const BODIES = [
  { name: 'shorter than it says', body: 'abc' },
  { name: 'longer than it says', body: 'abcdef' },
] as const;

for (const { name, body } of BODIES) {
  test(`an answer that is ${name} is broken off`, async (t) => {
    const fields = block([
      [':status', '200'],
      ['content-length', '5'],
    ]);
    const { client } = await frameWorld(t, {
      onRequest: (stream, to) => to.send(head(stream, fields, FLAG.endHeaders), data(stream, body)),
    });
    const answer = await ask(client, '/');
    assert.notEqual(answer.reset, 0);
    assert.ok(answer.body.length <= 5);
  });
}

const STRANGE = [
  { name: 'a push', frames: (stream: number) => [frame(5, FLAG.endHeaders, stream, Buffer.from([0, 0, 0, 2, 0x88]))] },
  { name: 'a stream of its own', frames: () => [head(2)] },
  { name: 'a stream that nobody has opened', frames: () => [head(99)] },
  { name: 'a block of fields that breaks off', frames: (stream: number) => [head(stream, undefined, 0), settings()] },
  { name: 'a block of fields that means nothing', frames: (stream: number) => [head(stream, Buffer.from([0x80]))] },
  { name: 'a frame that is too large', frames: (stream: number) => [data(stream, Buffer.alloc(16_385))] },
  { name: 'text', frames: () => [Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')] },
] as const;

for (const { name, frames } of STRANGE) {
  test(`an instance that sends ${name} loses its connection, and gets another`, async (t) => {
    const { instance, client } = await frameWorld(t, {
      onRequest: (stream, to, nth) => to.send(...(nth === 0 ? frames(stream) : [head(stream)])),
    });
    assert.equal((await ask(client, '/')).status, 502);
    await until(() => instance.sockets.size === 0);
    assert.equal((await ask(client, '/')).status, 200);
    assert.equal(instance.connections.length, 2);
  });
}
