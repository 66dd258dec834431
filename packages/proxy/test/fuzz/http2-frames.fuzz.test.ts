import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { LIMITS } from '../../src/limits.ts';
import { block, FLAG, FRAME, frame, GET } from '../frames.ts';
import { type SessionWorld, sessionWorld, setting, uint32 } from '../http2-session-world.ts';
import { type Dice, dice } from './dice.ts';

/*
 * A connection of HTTP/2 must survive whatever bytes come: frames in an order that nobody would send, with lengths, flags and
 * streams that don't fit, and bytes that are no frames. It may end it, but only by a word of RFC 9113; it holds no more than
 * its limits; each stream is told of its end once; and where reads end makes no difference.
 *
 * ISLET_FUZZ_RUNS=<conversations> bounds it, ISLET_FUZZ_SEED=<seed> says the same ones again.
 */

const RUNS = Number(process.env.ISLET_FUZZ_RUNS ?? 3_000);
const SEED = Number(process.env.ISLET_FUZZ_SEED ?? Math.trunc(Date.now() / 1000));
const FIRST = Math.imul(SEED, 0x9e3779b1) >>> 0;

for (const role of ['server', 'client'] as const) {
  test(`whatever bytes come, a ${role}'s connection goes on or ends in order (ISLET_FUZZ_SEED=${SEED})`, async () => {
    let ended = 0;
    for (let run = 0; run < RUNS; run++) {
      const random = dice(FIRST + run);
      const frames = Array.from({ length: 1 + random.below(25) }, () => anyFrame(random, role));
      const bytes = spoilt(Buffer.concat(frames), random);
      const said = `conversation ${run} of ISLET_FUZZ_SEED=${SEED}: ${bytes.toString('hex')}`;
      const whole = await hear(role, [bytes], dice(run));
      const cut = await hear(role, pieces(bytes, random), dice(run));
      assert.ok(isDeepStrictEqual(whole, cut), `where reads end made a difference: ${said}`);
      assert.deepEqual(
        whole.filter((event) => event.startsWith('close Error')),
        [],
        said,
      );
      if (whole.includes(CUT_OFF)) ended++;
    }
    assert.ok(ended > RUNS / 20 && ended < RUNS, `${ended} of ${RUNS} connections were ended`);
  });
}

const CUT_OFF = 'cut off';

/** Tells what a connection made of the bytes; of its streams too. */
async function hear(role: 'server' | 'client', reads: readonly Buffer[], random: Dice): Promise<readonly string[]> {
  const world = await sessionWorld(role, { streams: 5 });
  if (role === 'client') for (let nth = 0; nth < 3; nth++) world.ask(REQUEST, random.chance(0.5));
  for (const read of reads) world.session.read(read);
  await world.sent();
  answer(world, random);
  await world.sent();
  assert.ok(world.session.streams.size <= 5);
  assert.ok(world.session.sender.waiting <= LIMITS.http2SessionMiB * 1024 * 1024);
  const cutOff = world.session.deaf ? [CUT_OFF] : [];
  world.session.onSocketClose();
  const told = world.streams.map(({ events, body }) => {
    assert.equal(events.filter((event) => event.startsWith('close')).length, 1, events.join(', '));
    return [...events.filter((event) => !event.startsWith('data')), body].join(', ');
  });
  return [...told, ...world.events, ...cutOff];
}

/** What a user may do at any instant. */
function answer({ streams }: SessionWorld, random: Dice): void {
  for (const { stream } of streams) {
    const does = random.below(5);
    if (does === 0) stream?.reset(random.below(14));
    if (does > 1) stream?.head([':status', '200'], does === 2);
    if (does > 2) stream?.data(Buffer.alloc(random.below(40_000)));
    if (does === 4) stream?.end(random.chance(0.5) ? ['x-end', 'yes'] : []);
    if (random.chance(0.2)) stream?.abandon();
  }
}

const REQUEST = GET.flat();
const FIELDS: readonly (readonly (readonly [string, string])[])[] = [
  GET,
  [[':method', 'POST'], ...GET.slice(1), ['content-length', '5']],
  [[':status', '200']],
  [[':status', '103']],
  [['x-end', 'yes']],
  [['X-Bad', 'name']],
  [],
];

function anyFrame(random: Dice, role: 'server' | 'client'): Buffer {
  const id = random.chance(0.9) ? 1 + 2 * random.below(role === 'client' ? 3 : 6) : random.below(9);
  const flags = random.chance(0.8) ? random.pick([0, 1, 4, 5]) : random.below(256);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return frame(FRAME.headers, random.chance(0.8) ? flags | FLAG.endHeaders : flags, id, block(random.pick(FIELDS)));
    case 3:
    case 4:
      return frame(FRAME.data, flags, id, Buffer.alloc(random.pick([0, 1, 5, 300, 16_384]), 3));
    case 5:
      return frame(FRAME.continuation, flags, id, block(random.pick(FIELDS)));
    case 6:
      return frame(FRAME.update, 0, random.pick([0, id]), uint32(random.pick([0, 1, 1_000, 2 ** 31 - 1])));
    case 7:
      return setting(random.below(8), random.pick([0, 1, 100, 16_384, 2 ** 24, 2 ** 31]));
    case 8:
      return frame(FRAME.reset, 0, id, uint32(random.below(14)));
    case 9:
      return frame(FRAME.ping, flags & 1, 0, Buffer.alloc(8));
    case 10:
      return frame(FRAME.goaway, 0, 0, uint32(random.below(9), random.below(14)));
    default:
      return frame(random.below(256), flags, id, noise(random));
  }
}

function noise(random: Dice): Buffer {
  return Buffer.from(Array.from({ length: random.below(30) }, () => random.below(256)));
}

/** Now and then a byte is another, or some are missing. */
function spoilt(bytes: Buffer, random: Dice): Buffer {
  const spoils = random.below(4);
  const at = random.below(bytes.length);
  if (spoils === 0) bytes[at] = random.below(256);
  return spoils === 1
    ? Buffer.concat([bytes.subarray(0, at), noise(random), bytes.subarray(at + random.below(9))])
    : bytes;
}

function pieces(bytes: Buffer, random: Dice): readonly Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(random.pick([2, 20, 2_000]));
    cut.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return cut;
}
