import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, FLAG, FRAME, frame, GET, request, type Seen } from './frames.ts';
import { codeOf, sessionWorld, setting, uint32 } from './http2-session-world.ts';

const OK = [':status', '200'];
const post = (id: number) => request(id, [[':method', 'POST'], ...GET.slice(1)] as typeof GET, FLAG.endHeaders);
const update = (id: number, bytes: number) => frame(FRAME.update, 0, id, uint32(bytes));
const piece = (id: number, bytes: number) => frame(FRAME.data, 0, id, Buffer.alloc(bytes));
const dataOf = (seen: readonly Seen[], id?: number) =>
  seen
    .filter(({ type, stream }) => type === FRAME.data && (id ?? stream) === stream)
    .map(({ payload }) => payload.length);
const updatesOf = (seen: readonly Seen[], id: number) =>
  seen
    .filter(({ type, stream }) => type === FRAME.update && stream === id)
    .map(({ payload }) => payload.readUInt32BE(0));

/** So much is sent in one turn. */
async function allOf(sent: () => Promise<readonly Seen[]>): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (let more = await sent(); more.length > 0; more = await sent()) seen.push(...more);
  return seen;
}

test('a body waits for its window, goes on with it, and its end comes last', async () => {
  const { feed, streams, sent } = await sessionWorld();
  await feed(setting(4, 10), request(1));
  const { stream, events } = streams[0]!;
  stream?.head(OK, false);
  assert.equal(stream?.data(Buffer.alloc(25)), false);
  stream?.end();
  assert.deepEqual(dataOf(await sent()), [10]);
  assert.deepEqual(dataOf(await feed(update(1, 3))), [3]);
  const last = await feed(update(1, 100));
  assert.deepEqual(dataOf(last), [12]);
  assert.equal(last.at(-1)?.flags, FLAG.endStream);
  assert.deepEqual(
    events,
    ['head ended', 'drain', 'close well'].filter((event) => events.includes(event)),
  );
  assert.equal(events.at(-1), 'close well');
});

test('a user that was told to wait is told when all it wrote has left', async () => {
  const { feed, streams } = await sessionWorld();
  await feed(setting(4, 10), request(1));
  const { stream, events } = streams[0]!;
  stream?.head(OK, false);
  stream?.data(Buffer.alloc(20));
  await feed(update(1, 5));
  assert.ok(!events.includes('drain'));
  await feed(update(1, 5));
  assert.deepEqual(events, ['head ended', 'drain']);
});

test('the window of the connection holds for all streams together', async () => {
  const { feed, streams, sent } = await sessionWorld();
  await feed(setting(4, 1_000_000), request(1), request(3));
  for (const { stream } of streams) {
    stream?.head(OK, false);
    stream?.data(Buffer.alloc(50_000));
  }
  const sum = (seen: readonly Seen[]) => dataOf(seen).reduce((all, one) => all + one, 0);
  assert.equal(sum(await allOf(sent)), 65_535);
  assert.equal(sum(await feed(update(0, 1_000))), 1_000);
  assert.equal(sum(await feed(update(0, 100_000))), 100_000 - 65_535 - 1_000);
});

test('a new initial window holds for the streams that are open, even where it becomes less than nothing', async () => {
  const { feed, streams, sent } = await sessionWorld();
  await feed(setting(4, 100), request(1));
  streams[0]?.stream?.head(OK, false);
  streams[0]?.stream?.data(Buffer.alloc(200));
  assert.deepEqual(dataOf(await sent()), [100]);
  assert.deepEqual(dataOf(await feed(setting(4, 150))), [50]);
  assert.deepEqual(dataOf(await feed(setting(4, 50))), []);
  assert.deepEqual(dataOf(await feed(update(1, 100))), [], 'a hundred were taken away');
  assert.deepEqual(dataOf(await feed(update(1, 7))), [7]);
  assert.equal(codeOf(await feed(update(1, 2 ** 31 - 10), setting(4, 2 ** 31 - 1))), 'goaway 3');
});

test('frames are never larger than sixteen kilobytes, also where the peer would take more', async () => {
  const { feed, streams, sent } = await sessionWorld();
  await feed(setting(5, 2 ** 20), setting(4, 2 ** 30), update(0, 2 ** 30), request(1));
  streams[0]?.stream?.head([...OK, 'x-large', '~'.repeat(30_000)], false);
  streams[0]?.stream?.data(Buffer.alloc(2 ** 20));
  const seen = await allOf(sent);
  assert.ok(seen.every(({ payload }) => payload.length <= 16_384));
  assert.equal(
    dataOf(seen).reduce((all, one) => all + one, 0),
    2 ** 20,
  );
});

test('streams that wait for the socket take turns by frame, and a small answer overtakes a large one', async () => {
  const { feed, streams, sent, take } = await sessionWorld();
  await feed(setting(4, 10_000_000), update(0, 10_000_000), request(1), request(3), request(5));
  const [large, other, small] = streams;
  for (const { stream } of streams) stream?.head(OK, false);
  take(false);
  large?.stream?.data(Buffer.alloc(1_200_000));
  other?.stream?.data(Buffer.alloc(600_000));
  small?.stream?.data(Buffer.alloc(10));
  small?.stream?.end();
  await allOf(sent);
  take(true);
  const order = (await allOf(sent)).filter(({ type }) => type === FRAME.data).map(({ stream }) => stream);
  assert.ok(order.lastIndexOf(5) < 10, `the small one came as number ${order.lastIndexOf(5)} of ${order.length}`);
  const shared = order.slice(order.indexOf(3), order.lastIndexOf(3)).filter((id) => id !== 5);
  assert.ok(shared.length > 60);
  assert.ok(
    shared.every((id, at) => id !== shared[at + 1]),
    'one and the other, while both wait',
  );
});

test('a socket that takes no more stops the streams, and what was written goes on when it does', async () => {
  const { feed, streams, sent, take } = await sessionWorld();
  await feed(setting(4, 10_000_000), update(0, 10_000_000), request(1));
  const { stream, events } = streams[0]!;
  take(false);
  stream?.head(OK, false);
  for (let nth = 0; nth < 20; nth++) stream?.data(Buffer.alloc(50_000));
  const before = dataOf(await allOf(sent)).reduce((all, one) => all + one, 0);
  assert.ok(before <= 300_000, `${before} bytes were given to a socket that takes none`);
  assert.ok(!events.includes('drain'));
  take(true);
  const after = dataOf(await allOf(sent)).reduce((all, one) => all + one, 0);
  assert.equal(before + after, 1_000_000);
  assert.ok(events.includes('drain'));
});

test('a stream that is reset sends nothing of what it had queued', async () => {
  const { feed, streams, sent } = await sessionWorld();
  await feed(setting(4, 10), request(1));
  streams[0]?.stream?.head(OK, false);
  streams[0]?.stream?.data(Buffer.alloc(100));
  streams[0]?.stream?.reset(2);
  streams[0]?.stream?.data(Buffer.alloc(100));
  streams[0]?.stream?.end();
  assert.equal(codeOf(await sent()), 'reset 2');
  assert.deepEqual(dataOf(await feed(update(0, 1_000))), []);
  assert.deepEqual(streams[0]?.events, ['head ended', 'close 2']);
});

test('a stream that is reset while it waits for the socket sends nothing more', async () => {
  const { feed, streams, sent, take, session } = await sessionWorld();
  await feed(setting(4, 10_000_000), update(0, 10_000_000), request(1));
  take(false);
  streams[0]?.stream?.head(OK, false);
  streams[0]?.stream?.data(Buffer.alloc(500_000));
  await allOf(sent);
  streams[0]?.stream?.reset(8);
  take(true);
  const left = dataOf(await allOf(sent)).reduce((all, one) => all + one, 0);
  assert.ok(left < 150_000, `${left} bytes went out, more than the socket had`);
  assert.equal(session.sender.waiting, 0);
});

test('who waits for the window of the connection is not overtaken when it opens', async () => {
  const { feed, streams, session, sent } = await sessionWorld();
  await feed(setting(4, 1_000_000), request(1), request(3));
  for (const { stream } of streams) stream?.head(OK, false);
  streams[0]?.stream?.data(Buffer.alloc(100_000));
  await allOf(sent);
  session.read(update(0, 1_000));
  streams[1]?.stream?.data(Buffer.alloc(1_000));
  assert.deepEqual(
    (await sent()).map(({ stream }) => stream),
    [1],
  );
});

test('a window is opened again when half of it was read, and not while its stream pauses', async () => {
  const { feed, streams, sent } = await sessionWorld('server', { windowBytes: 1_000, connectionWindowBytes: 100_000 });
  assert.deepEqual(updatesOf(await feed(post(1), piece(1, 499)), 1), []);
  assert.deepEqual(updatesOf(await feed(piece(1, 1)), 1), [500]);
  streams[0]?.stream?.pause();
  assert.deepEqual(updatesOf(await feed(piece(1, 600), piece(1, 400)), 1), []);
  streams[0]?.stream?.resume();
  assert.deepEqual(updatesOf(await sent(), 1), [1_000]);
  assert.equal(streams[0]?.body.length, 1_500);
});

test('a stream that is abandoned is read no further, though its answer is still on its way', async () => {
  const { feed, streams } = await sessionWorld('server', { windowBytes: 1_000 });
  await feed(post(1));
  streams[0]?.stream?.head(OK, false);
  streams[0]?.stream?.abandon();
  streams[0]?.stream?.resume();
  assert.deepEqual(updatesOf(await feed(piece(1, 1_000)), 1), []);
});

test("the connection's window is opened though a stream pauses, and padding counts", async () => {
  const { feed, streams } = await sessionWorld('server', { windowBytes: 70_000, connectionWindowBytes: 65_535 });
  await feed(post(1));
  streams[0]?.stream?.pause();
  const padded = frame(FRAME.data, FLAG.padded, 1, Buffer.concat([Buffer.from([200]), Buffer.alloc(300)]));
  assert.deepEqual(updatesOf(await feed(piece(1, 16_384), piece(1, 16_083), padded), 0), [32_768]);
  assert.equal(streams[0]?.body.length, 16_384 + 16_083 + 100);
});

test('what was sent before our window was known is no mistake, and what was sent after it is', async () => {
  const small = { windowBytes: 100, connectionWindowBytes: 100_000 };
  const early = await sessionWorld('server', small, { acknowledges: false });
  await early.feed(post(1));
  early.streams[0]?.stream?.pause();
  assert.equal(codeOf(await early.feed(piece(1, 16_384), piece(1, 16_384))), undefined);
  assert.equal(codeOf(await early.feed(piece(1, 16_384), piece(1, 16_384))), 'reset 3');
  const late = await sessionWorld('server', small);
  await late.feed(post(1));
  assert.equal(codeOf(await late.feed(piece(1, 101))), 'reset 3');
});

test('streams that pause may hold so much together, and then nothing more may come until some are read, or over', async () => {
  const limits = { queuedBytes: 200_000, windowBytes: 100_000, connectionWindowBytes: 100_000 };
  const { feed, streams, sent, session } = await sessionWorld('server', limits);
  const ids = Array.from({ length: 10 }, (_, nth) => 2 * nth + 1);
  await feed(...ids.map(post));
  for (const { stream } of streams) stream?.pause();
  let window = limits.connectionWindowBytes;
  let come = 0;
  /** Sends as much as the connection lets it, stream by stream. */
  const fill = async () => {
    for (const id of ids) {
      const taken = streams[ids.indexOf(id)]?.body.length ?? 0;
      for (let left = 100_000 - taken; left > 0 && window > 0; ) {
        const bytes = Math.min(left, window, 10_000);
        left -= bytes;
        window -= bytes;
        come += bytes;
        for (const more of updatesOf(await feed(piece(id, bytes)), 0)) window += more;
      }
    }
  };
  await fill();
  assert.ok(come > 200_000 && come <= 300_000, `${come} bytes were taken of streams that pause`);
  assert.equal(window, 0);
  streams[0]?.stream?.resume();
  streams[1]?.stream?.reset(8);
  assert.equal(updatesOf(await sent(), 0).length, 1, 'some are read, or over');
  for (const { stream } of streams) stream?.resume();
  assert.equal(session.holdsTooMuch, false);
});

test('more than the window of the connection ends it', async () => {
  const limits = { queuedBytes: 10_000, windowBytes: 1_000_000, connectionWindowBytes: 65_535 };
  const { feed, streams } = await sessionWorld('server', limits);
  await feed(post(1));
  streams[0]?.stream?.pause();
  const pieces = Array.from({ length: 4 }, () => piece(1, 16_000));
  assert.equal(codeOf(await feed(...pieces)), undefined);
  assert.equal(codeOf(await feed(piece(1, 1_600))), 'goaway 3');
});

test('a client holds what its slow streams have been given, and the others go on', async () => {
  const limits = { queuedBytes: 10_000, windowBytes: 100_000, connectionWindowBytes: 65_535 };
  const { ask, feed } = await sessionWorld('client', limits);
  const told = Array.from({ length: 5 }, () => ask(GET.flat()));
  for (const { stream } of told.slice(1)) stream?.pause();
  for (const [nth] of told.entries()) {
    const head = frame(FRAME.headers, FLAG.endHeaders, 2 * nth + 1, block([[':status', '200']]));
    await feed(head, piece(2 * nth + 1, 16_000), piece(2 * nth + 1, 16_000));
  }
  assert.deepEqual(
    told.map(({ body }) => body.length),
    [32_000, 32_000, 32_000, 32_000, 32_000],
  );
});
