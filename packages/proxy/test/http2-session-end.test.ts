import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, FLAG, FRAME, frame, GET, request, type Seen } from './frames.ts';
import { codeOf, sessionWorld, uint32 } from './http2-session-world.ts';

const OK = [':status', '200'];
const ASKED = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'h'];
const MOST = 2 ** 31 - 1;
const ends = FLAG.endHeaders | FLAG.endStream;
const goaways = (seen: readonly Seen[]) =>
  seen
    .filter(({ type }) => type === FRAME.goaway)
    .map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)]);
const answer = (id: number, fields: readonly (readonly [string, string])[], flags: number = ends) =>
  frame(FRAME.headers, flags, id, block(fields));

test('a server says goodbye twice: nothing is refused after the first, and after the second it ends with its last stream', async () => {
  const { session, feed, sent, streams, ended } = await sessionWorld();
  await feed(request(1));
  session.goodbye();
  assert.deepEqual(goaways(await sent()), [[MOST, 0]]);
  await feed(request(3));
  assert.equal(streams.length, 2);
  session.close();
  assert.deepEqual(goaways(await sent()), [[3, 0]]);
  assert.equal(codeOf(await feed(request(5))), 'reset 7');
  for (const { stream } of streams) {
    assert.equal(ended(), false);
    stream?.head(OK, true);
    await sent();
  }
  assert.equal(ended(), true);
  assert.deepEqual(
    streams.map(({ events }) => events.at(-1)),
    ['close well', 'close well'],
  );
});

test('a connection without streams ends at once when it is closed', async () => {
  const { session, sent, ended, events } = await sessionWorld();
  session.close();
  assert.deepEqual(goaways(await sent()), [[0, 0]]);
  assert.deepEqual([ended(), events.at(-1)], [true, 'close well']);
});

test('a client that says goodbye is answered what it has asked, and then the connection ends', async () => {
  const { feed, sent, streams, ended } = await sessionWorld();
  await feed(request(1), frame(FRAME.goaway, 0, 0, uint32(0, 0)));
  assert.equal(ended(), false);
  streams[0]?.stream?.head(OK, true);
  await sent();
  assert.equal(ended(), true);
});

test('where the socket closes, each stream is told once, and the session once', async () => {
  const { session, feed, streams, events } = await sessionWorld();
  await feed(request(1), request(3, GET, FLAG.endHeaders));
  session.onSocketClose();
  session.onSocketClose();
  session.destroy(0);
  assert.deepEqual(
    streams.map(({ events: told }) => told),
    [
      ['head ended', 'close 8'],
      ['head', 'close 8'],
    ],
  );
  assert.equal(events.filter((event) => event.startsWith('close')).length, 1);
});

test('a stream that was answered early is reset without an error once all of the answer has left', async () => {
  const { feed, sent, streams } = await sessionWorld();
  await feed(request(1, GET, FLAG.endHeaders));
  const { stream, events } = streams[0]!;
  stream?.head(OK, false);
  stream?.data(Buffer.alloc(70_000));
  stream?.end(['grpc-status', '0']);
  stream?.abandon();
  assert.equal(codeOf(await sent()), undefined, 'the window is used up');
  const rest = await feed(frame(FRAME.update, 0, 1, uint32(70_000)), frame(FRAME.update, 0, 0, uint32(70_000)));
  assert.deepEqual(
    rest.map(({ type }) => type),
    [FRAME.data, FRAME.headers, FRAME.reset],
  );
  assert.equal(codeOf(rest), 'reset 0');
  assert.equal(events.at(-1), 'close 0');
});

test('a client sends its preface, asks with odd numbers, and is answered', async () => {
  const { ask, sent, feed } = await sessionWorld('client');
  const [first, second] = [ask(ASKED), ask(ASKED, false)];
  assert.deepEqual(
    (await sent()).map(({ stream, flags }) => [stream, flags]),
    [
      [1, ends],
      [3, FLAG.endHeaders],
    ],
  );
  await feed(
    answer(1, [[':status', '103']], FLAG.endHeaders),
    answer(
      1,
      [
        [':status', '200'],
        ['x-a', 'b'],
      ],
      FLAG.endHeaders,
    ),
  );
  await feed(frame(FRAME.data, FLAG.endStream, 1, Buffer.from('body')));
  assert.deepEqual(first.events, ['head', 'head', 'data 4', 'end', 'close well']);
  second.stream?.end();
  await feed(
    answer(3, [
      [':status', '204'],
      ['content-length', '5'],
    ]),
  );
  assert.deepEqual(second.events, ['head ended', 'close well'], 'the length is of what is not there');
});

test('a response to HEAD may tell a length, and another may not without a body', async () => {
  const { ask, feed } = await sessionWorld('client');
  const told = [ask([':method', 'HEAD', ...ASKED.slice(2)]), ask(ASKED)];
  const seen = await feed(
    ...[1, 3].map((id) =>
      answer(id, [
        [':status', '200'],
        ['content-length', '5'],
      ]),
    ),
  );
  assert.deepEqual(
    told.map(({ events }) => events),
    [['head ended', 'close well'], ['close 1']],
  );
  assert.equal(codeOf(seen), 'reset 1');
});

/** What is no response. */
const malformed = [
  ['no status', [['x-a', 'b']]],
  ['a status that is no number', [[':status', 'ok']]],
  [
    'a pseudo-header field of a request',
    [
      [':status', '200'],
      [':path', '/'],
    ],
  ],
  [
    'a field of HTTP/1.1',
    [
      [':status', '200'],
      ['connection', 'close'],
    ],
  ],
  ['an informational head that is the end', [[':status', '103']]],
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
      ['x-a', 'b\r\nc: d'],
    ],
  ],
] as const;

for (const [what, fields] of malformed) {
  test(`${what} is no response, and ends its stream`, async () => {
    const { ask, feed } = await sessionWorld('client');
    const told = ask(ASKED);
    assert.equal(codeOf(await feed(answer(1, fields))), 'reset 1');
    assert.deepEqual(told.events, ['close 1']);
  });
}

test('of a server that says goodbye, what it has not begun is refused, and nothing more is asked', async () => {
  const { ask, feed, ended } = await sessionWorld('client');
  const told = [ask(ASKED), ask(ASKED), ask(ASKED)];
  await feed(frame(FRAME.goaway, 0, 0, uint32(3, 0)));
  assert.deepEqual(
    told.map(({ events }) => events),
    [[], [], ['close 7']],
  );
  assert.equal(ask(ASKED).stream, undefined);
  assert.equal(ended(), false);
  await feed(answer(1, [[':status', '200']]), answer(3, [[':status', '200']]));
  assert.equal(ended(), true);
});

test('what still comes of streams that a client has left is dropped, however many they are', async () => {
  const { session, ask, feed } = await sessionWorld('client');
  const told = Array.from({ length: 1_000 }, () => ask(ASKED));
  for (const { stream } of told) stream?.reset(8);
  const late = told.flatMap((_, nth) => [
    answer(2 * nth + 1, [[':status', '200']], FLAG.endHeaders),
    frame(FRAME.data, FLAG.endStream, 2 * nth + 1, Buffer.from('late')),
    frame(FRAME.reset, 0, 2 * nth + 1, uint32(0)),
  ]);
  await feed(...late);
  const next = ask(ASKED);
  await feed(answer(2_001, [[':status', '200']]));
  assert.deepEqual(next.events, ['head ended', 'close well']);
  assert.equal(session.deaf, false);
});

test('a server may refuse as many streams as it likes, and informational heads have a limit', async () => {
  const { session, ask, feed } = await sessionWorld('client');
  const told = Array.from({ length: 1_000 }, () => ask(ASKED));
  await feed(...told.map((_, nth) => frame(FRAME.reset, 0, 2 * nth + 1, uint32(7))));
  assert.ok(told.every(({ events }) => events.join() === 'close 7'));
  const endless = ask(ASKED);
  await feed(...Array.from({ length: 100 }, () => answer(2_001, [[':status', '103']], FLAG.endHeaders)));
  assert.equal(endless.events.at(-1), 'close 1');
  assert.ok(endless.events.length <= 33);
  assert.equal(session.deaf, false);
});

test('a head that can not be written begins no stream, and the next one is', async () => {
  const { session, ask, feed } = await sessionWorld('client');
  assert.throws(() => ask([...ASKED, 'x-a', '\u20ac']));
  assert.equal(session.streams.size, 0);
  const next = ask(ASKED);
  await feed(answer(3, [[':status', '200']]));
  assert.deepEqual(next.events, ['head ended', 'close well']);
});

test('a mistake of a user at the end of a turn costs its connection, and no other', async () => {
  const [broken, well] = [await sessionWorld(), await sessionWorld()];
  for (const { feed } of [broken, well]) await feed(request(1, GET, FLAG.endHeaders));
  Object.assign(broken.streams[0]?.events ?? [], { push: makeMistake });
  for (const { streams } of [broken, well]) streams[0]?.stream?.reset(2);
  await well.sent();
  assert.match(broken.events.at(-1) ?? '', /mistake/);
  assert.equal(well.streams[0]?.events.at(-1), 'close 2');
  assert.equal(well.session.deaf, false);
});

function makeMistake(): never {
  throw new Error('a mistake');
}

test('a server can neither push nor begin streams', async () => {
  for (const frames of [
    [frame(FRAME.push, 4, 1, uint32(2))],
    [answer(2, [[':status', '200']])],
    [answer(3, [[':status', '200']])],
  ]) {
    const { ask, feed } = await sessionWorld('client');
    const told = ask(ASKED);
    assert.equal(codeOf(await feed(...frames)), 'goaway 1');
    assert.deepEqual(told.events, ['close 1']);
  }
});
