import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, FLAG, FRAME, frame, GET, PREFACE, request } from './frames.ts';
import { codeOf, sessionWorld, setting, uint32 } from './http2-session-world.ts';

const POST = [[':method', 'POST'], ...GET.slice(1)] as typeof GET;
const post = (id: number, ...more: readonly (readonly [string, string])[]) =>
  request(id, [...POST, ...more], FLAG.endHeaders);
const data = (id: number, text: string, flags = 0) => frame(FRAME.data, flags, id, Buffer.from(text));
const OK = [':status', '200'];
const many = (count: number, make: (nth: number) => Buffer) => Array.from({ length: count }, (_, nth) => make(nth));

test('a request and its response are two heads and a body, in one write', async () => {
  const { feed, streams, sent, writes } = await sessionWorld();
  await feed(request(1));
  assert.deepEqual(streams[0]?.heads, [[':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'h']]);
  const before = writes();
  streams[0]?.stream?.head(OK, false);
  assert.equal(streams[0]?.stream?.data(Buffer.from('hello')), true);
  streams[0]?.stream?.end();
  const seen = await sent();
  assert.equal(writes() - before, 1);
  assert.deepEqual(
    seen.map(({ type, flags, stream }) => [type, flags, stream]),
    [
      [FRAME.headers, FLAG.endHeaders, 1],
      [FRAME.data, FLAG.endStream, 1],
    ],
    'the end rides on the last bytes',
  );
  assert.deepEqual(streams[0]?.events, ['head ended', 'close well']);
});

test('trailers come with the end, and go out behind all that was written', async () => {
  const { feed, streams, sent } = await sessionWorld();
  await feed(
    post(1),
    data(1, 'abc'),
    frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, block([['x-end', 'yes']])),
  );
  assert.deepEqual(streams[0]?.events, ['head', 'data 3', 'end x-end yes']);
  streams[0]?.stream?.head(OK, false);
  streams[0]?.stream?.data(Buffer.from('x'));
  streams[0]?.stream?.end(['grpc-status', '0']);
  const seen = await sent();
  assert.deepEqual(
    seen.map(({ type, flags }) => [type, flags]),
    [
      [FRAME.headers, FLAG.endHeaders],
      [FRAME.data, 0],
      [FRAME.headers, FLAG.endHeaders | FLAG.endStream],
    ],
  );
});

test('however the bytes are cut, the same frames are read', async () => {
  const bytes = Buffer.concat([
    PREFACE,
    frame(FRAME.settings, 0, 0),
    post(1, ['x-a', 'b']),
    data(1, 'hello'),
    frame(FRAME.data, FLAG.padded | FLAG.endStream, 1, Buffer.from('\x03you\0\0\0')),
    frame(FRAME.ping, 0, 0, Buffer.from('12345678')),
  ]);
  for (const size of [1, 2, 7, 9, 10, 23, 64, bytes.length]) {
    const { session, streams, sent } = await sessionWorld('server', {});
    for (let at = PREFACE.length; at < bytes.length; at += size)
      session.read(bytes.subarray(at, Math.min(at + size, bytes.length)));
    assert.equal(streams[0]?.body, 'helloyou', `pieces of ${size}`);
    assert.equal((await sent()).at(-1)?.payload.toString(), '12345678');
  }
});

test('a head in many frames is one, and a large one is sent in many', async () => {
  const { feed, streams, sent } = await sessionWorld();
  const whole = block([...GET, ['x-a', 'b']]);
  await feed(
    frame(FRAME.headers, FLAG.endStream, 1, whole.subarray(0, 10)),
    frame(FRAME.continuation, 0, 1, whole.subarray(10, 20)),
    frame(FRAME.continuation, FLAG.endHeaders, 1, whole.subarray(20)),
  );
  assert.deepEqual(streams[0]?.heads[0]?.slice(-2), ['x-a', 'b']);
  streams[0]?.stream?.head([...OK, 'x-large', '~'.repeat(20_000)], true);
  const seen = await sent();
  assert.deepEqual(
    seen.map(({ type, flags }) => [type, flags]),
    [
      [FRAME.headers, FLAG.endStream],
      [FRAME.continuation, FLAG.endHeaders],
    ],
  );
});

test('PING is answered with what it brought, SETTINGS are acknowledged, and what nobody knows is ignored', async () => {
  const { feed } = await sessionWorld();
  const seen = await feed(
    frame(FRAME.ping, 0, 0, Buffer.from('abcdefgh')),
    frame(FRAME.ping, FLAG.ack, 0, Buffer.from('abcdefgh')),
    setting(99, 1),
    frame(77, 255, 5, Buffer.from('what')),
    frame(FRAME.priority, 0, 9, Buffer.alloc(5)),
  );
  assert.deepEqual(
    seen.map(({ type, flags, payload }) => [type, flags, payload.toString()]),
    [
      [FRAME.ping, FLAG.ack, 'abcdefgh'],
      [FRAME.settings, FLAG.ack, ''],
    ],
  );
});

const PADDED = FLAG.padded | FLAG.endHeaders;
const ends = FLAG.endHeaders | FLAG.endStream;
/** What ends the connection, and with which code (RFC 9113, 7). */
const connectionErrors: readonly (readonly [what: string, code: number, ...frames: readonly Buffer[]])[] = [
  ['DATA of the connection', 1, data(0, 'x')],
  ['DATA of a stream that is idle', 1, data(1, 'x')],
  ['HEADERS of a stream of even number', 1, request(2)],
  ['HEADERS of the connection', 1, request(0)],
  ['a stream older than the last', 1, request(5), request(3)],
  ['HEADERS of a stream that the client has reset', 5, request(1), frame(FRAME.reset, 0, 1, uint32(8)), request(1)],
  ['PRIORITY of the connection', 1, frame(FRAME.priority, 0, 0, Buffer.alloc(5))],
  ['PRIORITY of another size', 6, frame(FRAME.priority, 0, 1, Buffer.alloc(4))],
  ['RST_STREAM of an idle stream', 1, frame(FRAME.reset, 0, 7, uint32(8))],
  ['RST_STREAM of another size', 6, request(1), frame(FRAME.reset, 0, 1, Buffer.alloc(3))],
  ['SETTINGS of a stream', 1, frame(FRAME.settings, 0, 1)],
  ['SETTINGS of another size', 6, frame(FRAME.settings, 0, 0, Buffer.alloc(5))],
  ['an acknowledgement with settings', 6, frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(6))],
  ['ENABLE_PUSH that is no flag', 1, setting(2, 2)],
  ['INITIAL_WINDOW_SIZE that is too large', 3, setting(4, 2 ** 31)],
  ['MAX_FRAME_SIZE that is too small', 1, setting(5, 100)],
  ['MAX_FRAME_SIZE that is too large', 1, setting(5, 2 ** 24)],
  ['PUSH_PROMISE', 1, request(1, POST, FLAG.endHeaders), frame(FRAME.push, 4, 1, uint32(2))],
  ['PING of a stream', 1, frame(FRAME.ping, 0, 1, Buffer.alloc(8))],
  ['PING of another size', 6, frame(FRAME.ping, 0, 0, Buffer.alloc(7))],
  ['GOAWAY of a stream', 1, frame(FRAME.goaway, 0, 1, Buffer.alloc(8))],
  ['GOAWAY that is cut', 6, frame(FRAME.goaway, 0, 0, Buffer.alloc(7))],
  ['WINDOW_UPDATE of nothing', 1, frame(FRAME.update, 0, 0, uint32(0))],
  ['WINDOW_UPDATE of an idle stream', 1, frame(FRAME.update, 0, 1, uint32(1))],
  ['WINDOW_UPDATE of another size', 6, frame(FRAME.update, 0, 0, Buffer.alloc(3))],
  ['a window that is too large', 3, frame(FRAME.update, 0, 0, uint32(2 ** 31 - 1))],
  ['CONTINUATION of nothing', 1, frame(FRAME.continuation, 4, 1)],
  ['CONTINUATION of another stream', 1, request(1, GET, 1), frame(FRAME.continuation, 4, 3)],
  ['a frame within a block of fields', 1, request(1, GET, 1), frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ['an unknown frame within a block of fields', 1, request(1, GET, 1), frame(77, 0, 1)],
  [
    'a block that can not be decoded',
    9,
    frame(FRAME.headers, ends, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  ],
  ['more padding than frame', 1, frame(FRAME.headers, PADDED, 1, Buffer.from([9, 0x82]))],
  ['padding without a length', 1, post(1), frame(FRAME.data, FLAG.padded, 1)],
  ['a stream that depends on itself', 1, frame(FRAME.headers, FLAG.priority | ends, 1, uint32(1, 0))],
  ['a frame larger than was said', 6, post(1), frame(FRAME.data, 0, 1, Buffer.alloc(16_385))],
];

for (const [what, code, ...frames] of connectionErrors) {
  test(`${what} ends the connection with ${code}, and every stream is told`, async () => {
    const { feed, streams, ended, events } = await sessionWorld();
    assert.equal(codeOf(await feed(...frames)), `goaway ${code}`);
    assert.equal(ended(), true);
    assert.equal(events.at(-1), 'close well');
    for (const { events: told } of streams) assert.equal(told.filter((event) => event.startsWith('close')).length, 1);
    assert.deepEqual(await feed(request(9)), [], 'nothing is read any more');
  });
}

const trailers = (...fields: readonly (readonly [string, string])[]) => frame(FRAME.headers, ends, 1, block(fields));
/** What ends its stream alone. */
const streamErrors: readonly (readonly [what: string, code: number, ...frames: readonly Buffer[]])[] = [
  ['a body longer than was said', 1, post(1, ['content-length', '2']), data(1, 'abc')],
  ['a body shorter than was said', 1, post(1, ['content-length', '4']), data(1, 'abc', FLAG.endStream)],
  ['trailers before all of the body', 1, post(1, ['content-length', '4']), trailers(['x-a', 'b'])],
  ['a length and no body', 1, request(1, [...POST, ['content-length', '4']])],
  ['trailers with a pseudo-header field', 1, post(1), trailers([':path', '/'])],
  ['trailers that are not the end', 1, post(1), frame(FRAME.headers, FLAG.endHeaders, 1, block([['x-a', 'b']]))],
  ['DATA behind the end', 5, request(1), data(1, 'x')],
  ['HEADERS behind the end', 5, request(1), request(1)],
  ['WINDOW_UPDATE of nothing', 1, post(1), frame(FRAME.update, 0, 1, uint32(0))],
  ['a window that is too large', 3, post(1), frame(FRAME.update, 0, 1, uint32(2 ** 31 - 1))],
  ['more DATA than its window', 3, post(1), ...many(17, () => frame(FRAME.data, 0, 1, Buffer.alloc(16_384)))],
];

for (const [what, code, ...frames] of streamErrors) {
  test(`${what} ends the stream with ${code}, and no other`, async () => {
    const { feed, streams, session } = await sessionWorld('server', { connectionWindowBytes: 2 ** 20 });
    streams[0]?.stream?.pause();
    const [first = Buffer.alloc(0), ...others] = frames;
    const seen = [...(await feed(first))];
    streams[0]?.stream?.pause();
    seen.push(...(await feed(...others)));
    assert.equal(codeOf(seen), `reset ${code}`);
    assert.ok(streams.length === 0 || streams[0]?.events.at(-1) === `close ${code}`);
    await feed(request(3));
    assert.deepEqual(streams.at(-1)?.events, ['head ended']);
    assert.equal(session.streams.size, 1);
  });
}

test('of a stream that we have reset, what was under way is dropped without a word', async () => {
  const { feed, streams } = await sessionWorld();
  await feed(post(1), post(3), post(5));
  for (const { stream } of streams) stream?.reset(8);
  const late = trailers(['x-a', 'b']);
  assert.deepEqual(
    (
      await feed(
        data(1, 'x'),
        late,
        data(3, 'y'),
        frame(FRAME.reset, 0, 3, uint32(8)),
        frame(FRAME.update, 0, 5, uint32(1)),
      )
    ).map(({ type }) => type),
    [FRAME.reset, FRAME.reset, FRAME.reset],
    'its own resets, and nothing else',
  );
});

test('streams beyond the limit are refused, and those that are left go on', async () => {
  const { feed, streams } = await sessionWorld('server', { streams: 2 });
  assert.equal(codeOf(await feed(request(1), request(3), request(5))), 'reset 7');
  assert.equal(streams.length, 2);
  streams[0]?.stream?.head(OK, true);
  await feed(request(7));
  assert.equal(streams.length, 3);
});

for (const [what, ...bytes] of [
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a preface that is spoilt at its end', PREFACE.subarray(0, -1), Buffer.from('x')],
  ['a request before SETTINGS', PREFACE, request(1)],
] as const) {
  test(`${what} is no beginning`, async () => {
    const { feed, streams } = await sessionWorld('server', {}, { greets: false });
    assert.equal(codeOf(await feed(...bytes)), 'goaway 1');
    assert.equal(streams.length, 0);
  });
}

/** Heads that are no request (RFC 9113, 8.2 and 8.3). */
const malformed: readonly (readonly [what: string, fields: readonly (readonly [string, string])[]])[] = [
  ['a pseudo-header field behind another', [...GET.slice(0, 3), ['x-a', 'b'], [':authority', 'h']]],
  ['a pseudo-header field twice', [...GET, [':path', '/']]],
  ['a pseudo-header field of a response', [...GET, [':status', '200']]],
  ['one that nobody knows', [...GET, [':protocol', 'websocket']]],
  ['no path', GET.filter(([name]) => name !== ':path')],
  ['an empty path', GET.map(([name, value]) => [name, name === ':path' ? '' : value])],
  ['CONNECT with a path', GET.map(([name, value]) => [name, name === ':method' ? 'CONNECT' : value])],
  ['te beyond trailers', [...GET, ['te', 'gzip']]],
  ['a field of HTTP/1.1', [...GET, ['connection', 'close']]],
  ['a length that is no number', [...GET, ['content-length', '+0']]],
  ['two lengths', [...GET, ['content-length', '0'], ['content-length', '0']]],
  ['a name with capitals', [...GET, ['X-A', 'b']]],
  ['a name with a colon', [...GET, ['x:a', 'b']]],
  ['no name', [...GET, ['', 'b']]],
  ['a NUL in a value', [...GET, ['x-a', 'b\0']]],
  ['a blank behind a value', [...GET, ['x-a', 'b ']]],
];

for (const [what, fields] of malformed) {
  test(`${what} is no request: its stream is reset, and nobody is told`, async () => {
    const { feed, streams } = await sessionWorld();
    assert.equal(codeOf(await feed(request(1, fields))), 'reset 1');
    assert.equal(streams.length, 0);
    await feed(request(3, [...GET, ['te', 'trailers'], ['content-length', '0']]));
    assert.deepEqual(streams[0]?.events, ['head ended']);
  });
}
