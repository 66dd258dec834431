import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { block, FLAG, FRAME, frame, GET, request } from './frames.ts';
import { codeOf, type SessionWorld, sessionWorld, setting, uint32 } from './http2-session-world.ts';

const CALM = 'goaway 11';
const many = (count: number, make: (nth: number) => Buffer) => Array.from({ length: count }, (_, nth) => make(nth));
const open = request(1, GET, FLAG.endHeaders);
const id = (nth: number) => 2 * nth + 1;

/** What costs the peer less than us, how often in a second it is taken, and how it is once begun. */
const floods: readonly (readonly [what: string, most: number, one: (nth: number) => Buffer, before?: Buffer])[] = [
  ['PING', LIMITS.http2ControlFramesPerSecond, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  [
    'PING that is an answer to nothing',
    LIMITS.http2ControlFramesPerSecond,
    () => frame(FRAME.ping, 1, 0, Buffer.alloc(8)),
  ],
  ['SETTINGS', LIMITS.http2ControlFramesPerSecond, () => setting(3, 100)],
  ['PRIORITY', LIMITS.http2ControlFramesPerSecond, () => frame(FRAME.priority, 0, 1, Buffer.alloc(5))],
  ['frames that nobody knows', LIMITS.http2ControlFramesPerSecond, () => frame(77, 0, 0)],
  ['WINDOW_UPDATE', LIMITS.http2ControlFramesPerSecond, () => frame(FRAME.update, 0, 0, uint32(1))],
  ['DATA without data', LIMITS.http2InvalidFrames, () => frame(FRAME.data, 0, 1), open],
  [
    'streams that are reset',
    LIMITS.http2ResetBurst,
    (nth) => Buffer.concat([request(id(nth)), frame(FRAME.reset, 0, id(nth), uint32(8))]),
  ],
  [
    'streams that we must reset',
    LIMITS.http2ResetBurst,
    (nth) => Buffer.concat([request(id(nth), GET, FLAG.endHeaders), frame(FRAME.update, 0, id(nth), uint32(0))]),
  ],
  ['requests that are none', LIMITS.http2ResetBurst, (nth) => request(id(nth), [['x-a', 'b']])],
  ['streams beyond the limit', LIMITS.http2Streams + LIMITS.http2RejectedStreams, (nth) => request(id(nth))],
];

/** What was on its way before the flood is forgiven; of what is sent as an answer, nothing more is. */
async function ends(world: SessionWorld, frames: readonly Buffer[]): Promise<boolean> {
  const seen = await world.feed(...frames);
  return seen.some(({ type, payload }) => type === FRAME.goaway && `goaway ${payload.readUInt32BE(4)}` === CALM);
}

for (const [what, most, one, before] of floods) {
  test(`${what}: as many as may come in a second do, and more end the connection`, async () => {
    const world = await sessionWorld();
    if (before !== undefined) await world.feed(before);
    // The greeting has brought two frames of its own.
    assert.equal(await ends(world, many(most - 2, one)), false);
    assert.equal(
      await ends(
        world,
        many(3, (nth) => one(most - 2 + nth)),
      ),
      true,
    );
    assert.equal(world.ended(), true);
  });
}

test('the same over many seconds is nobody’s harm', async () => {
  const world = await sessionWorld();
  for (let second = 0; second < 5; second++) {
    world.pass(1_000);
    assert.equal(
      await ends(
        world,
        many(LIMITS.http2ControlFramesPerSecond, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))),
      ),
      false,
    );
  }
});

test('resets are forgiven slowly, as many in a second as may be', async () => {
  const world = await sessionWorld();
  let next = 0;
  const resets = (count: number) =>
    many(count, () => Buffer.concat([request(id(next)), frame(FRAME.reset, 0, id(next++), uint32(8))]));
  assert.equal(await ends(world, resets(LIMITS.http2ResetBurst)), false);
  world.pass(1_000);
  assert.equal(await ends(world, resets(LIMITS.http2ResetsPerSecond)), false);
  assert.equal(await ends(world, resets(1)), true);
});

test('windows that are opened, and pings that are sent, because of what has come are not held against it', async () => {
  const world = await sessionWorld();
  await world.feed(setting(4, 2 ** 30), frame(FRAME.update, 0, 0, uint32(2 ** 30)), open);
  const { stream } = world.streams[0] ?? {};
  stream?.head([':status', '200'], false);
  for (let nth = 0; nth < 2 * LIMITS.http2ControlFramesPerSecond; nth++) {
    stream?.data(Buffer.alloc(10));
    const taken = [
      frame(FRAME.update, 0, 0, uint32(10)),
      frame(FRAME.update, 0, 1, uint32(10)),
      frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    ];
    world.session.read(Buffer.concat(taken));
  }
  assert.equal(world.session.deaf, false);
});

test('a peer that opens its window byte by byte, to be sent frames of a byte, is cut off', async () => {
  const world = await sessionWorld();
  await world.feed(setting(4, 0), open);
  world.streams[0]?.stream?.head([':status', '200'], false);
  world.streams[0]?.stream?.data(Buffer.alloc(100_000));
  for (let nth = 0; nth <= LIMITS.http2ControlFramesPerSecond && !world.session.deaf; nth++) {
    await world.feed(frame(FRAME.update, 0, 1, uint32(1)));
  }
  assert.equal(world.session.deaf, true);
});

test('a block of fields without an end is cut off by its frames, and by its bytes', async () => {
  const piece = block([['x-a', 'b'.repeat(100)]]);
  const by = async (count: number, bytes: Buffer) => {
    const world = await sessionWorld();
    return ends(world, [
      frame(FRAME.headers, 0, 1, block(GET)),
      ...many(count, () => frame(FRAME.continuation, 0, 1, bytes)),
    ]);
  };
  assert.equal(await by(40, piece), true);
  assert.equal(await by(40, Buffer.alloc(0)), true);
  assert.equal(await by(5, Buffer.concat(many(150, () => piece))), true);
  assert.equal(await by(10, piece), false);
});

test('a head that is too large is told so, costs its stream alone, and the table stays in step', async () => {
  const { feed, streams } = await sessionWorld();
  const large = block([...GET, ...Array.from({ length: LIMITS.fields + 1 }, (_, nth) => [`x-${nth}`, 'v'] as const)]);
  await feed(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, large), request(3));
  assert.deepEqual(
    streams.map(({ events }) => events),
    [['too large'], ['head ended']],
  );
});

test('a peer that takes nothing is given no more to do, and is cut off where answers pile up', async () => {
  const world = await sessionWorld('server', { queuedBytes: 100_000 });
  world.take(false);
  await world.feed(setting(4, 2 ** 30), frame(FRAME.update, 0, 0, uint32(2 ** 30)), open);
  const { stream } = world.streams[0] ?? {};
  stream?.head([':status', '200'], false);
  stream?.data(Buffer.alloc(60_000));
  stream?.data(Buffer.alloc(45_000));
  await world.feed(request(3));
  assert.equal(world.streams.length, 1, 'what it would be answered has no room');
  for (let nth = 0; nth < 30 && !world.session.deaf; nth++) {
    stream?.head([':status', '103', 'x-large', '~'.repeat(9_000)], false);
    await world.sent();
  }
  assert.equal(world.session.deaf, true);
});

test('frames of streams that have long closed are refused one by one, and not without end', async () => {
  const world = await sessionWorld();
  await world.feed(request(1));
  world.streams[0]?.stream?.head([':status', '200'], true);
  const late = () => frame(FRAME.data, 0, 1, Buffer.from('x'));
  assert.equal(codeOf(await world.feed(late())), 'reset 5');
  assert.equal(await ends(world, many(LIMITS.http2InvalidFrames, late)), true);
});
