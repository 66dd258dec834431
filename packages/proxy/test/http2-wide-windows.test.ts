import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WIDE_WINDOWS } from '../src/http2/wide-windows.ts';
import { LIMITS } from '../src/limits.ts';
import { block, FLAG, FRAME, frame, GET, type Seen } from './frames.ts';
import { type SessionWorld, sessionWorld } from './http2-session-world.ts';

/* What instances may send before clients have taken it. Narrow windows hold 1,000 bytes here, and wide ones 4,000. */

const NARROW = 1_000;
const WIDE = 4_000;
const world = () => sessionWorld('client', { windowBytes: NARROW, wideWindowBytes: WIDE });

const ok = (id: number) => frame(FRAME.headers, FLAG.endHeaders, id, block([[':status', '200']]));
const piece = (id: number, bytes: number) => frame(FRAME.data, 0, id, Buffer.alloc(bytes));
const end = (id: number) => frame(FRAME.data, FLAG.endStream, id);
const updatesOf = (seen: readonly Seen[], id: number) =>
  seen
    .filter(({ type, stream }) => type === FRAME.update && stream === id)
    .map(({ payload }) => payload.readUInt32BE(0));

/** How many wide windows can be had now. */
function left(): number {
  let had = 0;
  while (WIDE_WINDOWS.take()) had++;
  for (let nth = 0; nth < had; nth++) WIDE_WINDOWS.giveBack();
  return had;
}

/** One more response, which begins; returns its stream and by how much the instance has been told that its window is wider. */
async function answer({ ask, feed, sent, streams }: SessionWorld): Promise<{ id: number; ahead: readonly number[] }> {
  const id = 2 * streams.length + 1;
  ask(GET.flat());
  const ahead = updatesOf(await sent(), id);
  await feed(ok(id));
  return { id, ahead };
}

test('a response that is taken as it comes is given a wide window, until it ends', async () => {
  const made = await world();
  const { id, ahead } = await answer(made);
  assert.deepEqual(ahead, []);
  assert.deepEqual(updatesOf(await made.feed(piece(id, NARROW / 2)), id), [WIDE - NARROW / 2]);
  assert.equal(left(), LIMITS.http2WideWindows - 1);
  assert.deepEqual(updatesOf(await made.feed(piece(id, WIDE / 2)), id), [WIDE / 2]);
  await made.feed(end(id));
  assert.equal(left(), LIMITS.http2WideWindows);
});

test('of a response that nobody takes comes a narrow window, and no more', async () => {
  const made = await world();
  const { id } = await answer(made);
  made.streams[0]?.stream?.pause();
  assert.deepEqual(updatesOf(await made.feed(piece(id, NARROW)), id), []);
  assert.equal(left(), LIMITS.http2WideWindows);
});

test('clients that take a little and then nothing have some wide windows, and no more than there are', async () => {
  const made = await world();
  const granted: number[] = [];
  for (let nth = 0; nth < 100; nth++) {
    const { id, ahead } = await answer(made);
    const more = updatesOf(await made.feed(piece(id, NARROW / 2)), id);
    made.streams[nth]?.stream?.pause();
    granted.push(NARROW + [...ahead, ...more].reduce((sum, bytes) => sum + bytes, 0) - NARROW / 2);
  }
  assert.equal(granted.filter((bytes) => bytes > NARROW).length, LIMITS.http2WideWindows);
  assert.equal(left(), 0);
  made.session.onSocketClose();
  assert.equal(left(), LIMITS.http2WideWindows);
});

test('those that follow a large response get a wide window from the beginning, until that was for nothing for a while', async () => {
  const made = await world();
  const first = await answer(made);
  await made.feed(piece(first.id, NARROW / 2), end(first.id));
  for (let nth = 0; nth < LIMITS.http2WideAhead; nth++) {
    const { id, ahead } = await answer(made);
    assert.deepEqual(ahead, [WIDE - NARROW]);
    await made.feed(end(id));
  }
  const { id, ahead } = await answer(made);
  assert.deepEqual(ahead, []);
  await made.feed(end(id));
  assert.equal(left(), LIMITS.http2WideWindows);
});

test('where all wide windows are in use, a stream goes on with a narrow one', async () => {
  const made = await world();
  const taken = left();
  for (let nth = 0; nth < taken; nth++) WIDE_WINDOWS.take();
  const { id } = await answer(made);
  assert.deepEqual(updatesOf(await made.feed(piece(id, NARROW / 2)), id), [NARROW / 2]);
  for (let nth = 0; nth < taken; nth++) WIDE_WINDOWS.giveBack();
  assert.deepEqual(updatesOf(await made.feed(piece(id, NARROW / 2)), id), [WIDE - NARROW / 2]);
  await made.feed(end(id));
});
