import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { LIMITS } from '../src/limits.ts';
import { data, type FrameInstanceOptions, frameInstance, goaway, head, settings } from './frame-instance.ts';
import { block, FLAG, FRAME, frame } from './frames.ts';
import { type Answer, ask, begin, http2Client } from './http2-world.ts';
import { endpointAt, until, world } from './world.ts';

/*
 * Instances that speak HTTP/2, and mean harm or are ill. What one of them does costs the requests that it was sent, and not
 * those of another, nor the proxy.
 */

const SETTING = { streams: 3, windowBytes: 4, frameBytes: 5 } as const;
const ONCE: ServiceTraffic = { ...DEFAULT_TRAFFIC, retry: undefined };
const ENHANCE_YOUR_CALM = 11;

/** One instance, a client of HTTP/2, and a clock that the test moves. */
async function worldOf(t: TestContext, options: FrameInstanceOptions, traffic = ONCE) {
  let now = 1_000_000;
  const instance = await frameInstance(t, options);
  const made = await world(t, [], 'http', { traffic, now: () => now });
  await made.publish({ ...endpointAt(instance.port), http2: true });
  const client = await http2Client(t, made.edge);
  /** Time passes until the answer is there. */
  const overdue = async (answer: Promise<Answer>) => {
    let isThere = false;
    void answer.then(() => {
      isThere = true;
    });
    await until(() => {
      now += 1_000;
      return isThere;
    });
    return answer;
  };
  return { ...made, instance, client, overdue };
}

function codeOf({ body }: Answer): string | undefined {
  return /"code":"([a-z-]+)"/.exec(body)?.[1];
}

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
    const { instance, client } = await worldOf(t, { onRequest: (_, to) => to.send(flood) });
    assert.equal((await ask(client, '/')).status, 502);
    await until(() => instance.seen(FRAME.goaway).length > 0 && instance.sockets.size === 0);
    assert.equal(instance.seen(FRAME.goaway)[0]?.payload.readUInt32BE(4), ENHANCE_YOUR_CALM);
  });
}

test('an instance that sends more than its window is reset, and its other streams go on', async (t) => {
  const { instance, client } = await worldOf(t, {
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
    const { instance, client, overdue } = await worldOf(t, {
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
  const { instance, client } = await worldOf(t, { greeting, onRequest: () => undefined });
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
  const { instance, client } = await worldOf(t, {
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
  const { instance, client } = await worldOf(t, {
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
] as const;

for (const [name, fields] of MALFORMED) {
  test(`an answer with ${name} is refused, and the connection serves on`, async (t) => {
    const { instance, client } = await worldOf(t, {
      onRequest: (stream, to, nth) => to.send(head(stream, nth === 0 ? block(fields) : undefined)),
    });
    const first = await ask(client, '/');
    assert.deepEqual([first.status, codeOf(first)], [502, 'bad-response']);
    assert.equal((await ask(client, '/')).status, 200);
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
    const { client } = await worldOf(t, {
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
    const { instance, client } = await worldOf(t, {
      onRequest: (stream, to, nth) => to.send(...(nth === 0 ? frames(stream) : [head(stream)])),
    });
    assert.equal((await ask(client, '/')).status, 502);
    await until(() => instance.sockets.size === 0);
    assert.equal((await ask(client, '/')).status, 200);
    assert.equal(instance.connections.length, 2);
  });
}

const HALVES = [
  { name: 'half a head of a frame', bytes: head(1).subarray(0, 5) },
  { name: 'half a frame', bytes: head(1, Buffer.concat([Buffer.from([0x88]), block([['x-a', 'b']])])).subarray(0, 12) },
  { name: 'a head, whose block does not end,', bytes: head(1, undefined, 0) },
] as const;

for (const { name, bytes } of HALVES) {
  test(`an instance that sends ${name} and then nothing is waited for like any other`, async (t) => {
    const { instance, client, overdue } = await worldOf(t, { onRequest: (_, to) => to.send(bytes) });
    const answer = ask(client, '/');
    await until(() => instance.seen(FRAME.headers).length > 0);
    assert.equal(codeOf(await overdue(answer)), 'response-timeout');
    await until(() => instance.seen(FRAME.reset).length > 0);
  });
}

test('what an instance has begun before it says goodbye is answered, and the rest is asked elsewhere, whatever it is', async (t) => {
  const { instance, client } = await worldOf(
    t,
    {
      onWhole: (stream, to, nth) => {
        // The first two are on one connection.
        if (nth === 1) to.send(goaway(1), head(1, undefined, FLAG.endHeaders), data(1, 'first'));
        else if (nth > 1) to.send(head(stream, undefined, FLAG.endHeaders), data(stream, 'elsewhere'));
      },
    },
    DEFAULT_TRAFFIC,
  );
  const first = ask(client, '/', { body: 'x' });
  await until(() => instance.seen(FRAME.headers).length === 1);
  const second = ask(client, '/', { body: 'y' });
  assert.deepEqual([(await first).body, (await second).body], ['first', 'elsewhere']);
  assert.equal(instance.connections.length, 2);
  await until(() => instance.sockets.size === 1);
});

test('a goodbye for the reason of a mistake ends in the same way', async (t) => {
  const onWhole: FrameInstanceOptions['onWhole'] = (stream, to, nth) =>
    nth === 0 ? to.socket.end(goaway(0, 2)) : to.send(head(stream));
  const { instance, client } = await worldOf(t, { onWhole }, DEFAULT_TRAFFIC);
  assert.equal((await ask(client, '/', { body: 'x' })).status, 200);
  assert.equal(instance.connections.length, 2);
});

test('requests beyond what an instance takes wait, and go out when it takes more', async (t) => {
  const { instance, client } = await worldOf(t, {
    greeting: settings([SETTING.streams, 0]),
    onWhole: (stream, to) => to.send(head(stream)),
  });
  const answers = Array.from({ length: 3 }, () => ask(client, '/', { body: 'x'.repeat(10_000) }));
  await until(() => instance.seen(FRAME.settings).some(({ flags }) => flags === FLAG.ack));
  assert.equal(instance.seen(FRAME.headers).length, 0);
  for (const { send } of instance.connections) send(settings([SETTING.streams, 1]));
  for (const answer of answers) assert.equal((await answer).status, 200);
  const sent = instance.seen(FRAME.data).reduce((sum, { payload }) => sum + payload.length, 0);
  assert.equal(sent, 30_000);
});

test('a request that waits for room is asked elsewhere when its connection says goodbye, and gives up when its time is over', async (t) => {
  const { instance, client, overdue } = await worldOf(
    t,
    { greeting: settings([SETTING.streams, 0]), onWhole: (stream, to) => to.send(head(stream)) },
    DEFAULT_TRAFFIC,
  );
  const settled = (nth: number) => instance.connections[nth]?.seen.some(({ flags }) => flags === FLAG.ack) === true;
  const first = ask(client, '/', { body: 'x' });
  await until(() => settled(0));
  instance.connections[0]?.send(goaway(0));
  await until(() => settled(1));
  instance.connections[1]?.send(settings([SETTING.streams, 1]));
  assert.equal((await first).status, 200);
  instance.connections[1]?.send(settings([SETTING.streams, 0]), frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  await until(() => instance.seen(FRAME.ping).length > 0);
  assert.equal(codeOf(await overdue(ask(client, '/'))), 'response-timeout');
});

test('an instance may refuse and reset as many streams as it likes, and its connection stays', async (t) => {
  const onRequest: FrameInstanceOptions['onRequest'] = (stream, to) =>
    to.send(frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, 2])));
  const { instance, client } = await worldOf(t, { onRequest }, { ...ONCE, outlier: undefined, breaker: undefined });
  for (let turn = 0; turn < 10; turn++) {
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(client, '/', { body: 'x' })));
    for (const { status } of answers) assert.equal(status, 502);
  }
  assert.equal(instance.seen(FRAME.headers).length, 600);
  assert.equal(instance.connections.length, 1);
});

test('answers that come when nobody waits for them any more cost no others', async (t) => {
  const streams: number[] = [];
  const { edge, instance, client } = await worldOf(t, {
    onRequest: (stream, to) => {
      if (streams.push(stream) > 450) to.send(...streams.map((late) => head(late)));
    },
  });
  for (let turn = 1; turn <= 3; turn++) {
    const leaving = await http2Client(t, edge);
    for (let nth = 0; nth < 150; nth++) begin(leaving, '/').on('error', () => undefined);
    await until(() => streams.length === 150 * turn);
    leaving.destroy();
    await until(() => instance.seen(FRAME.reset).length === 150 * turn);
  }
  assert.equal((await ask(client, '/')).status, 200);
  assert.equal(instance.connections.length, 1);
});
