import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dice, dice } from './fuzz/dice.ts';
import { type Asked, type Client, ourClient, ourServer, type Tuning, theirClient, theirServer } from './http2-echo.ts';

/*
 * The runtime has a codec of its own (nghttp2), which nobody here has written. What one of the two sends the other must
 * understand as it was meant: heads of all sizes, bodies in pieces, trailers, padding, windows of a few bytes, and streams that break
 * off in the middle of others.
 */

const SEEDS = 12;
const STREAMS = 40;

const pairs = [
  ['ours', 'theirs', ourClient, theirServer],
  ['theirs', 'ours', theirClient, ourServer],
  ['ours', 'ours', ourClient, ourServer],
] as const;

for (const [client, server, makeClient, makeServer] of pairs) {
  test(`what a client of ${client} asks of a server of ${server} comes back as it was sent`, async (t) => {
    const broken: unknown[] = [];
    const onBroken = (cause: unknown) => void broken.push(cause);
    let echoes = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = dice(seed);
      const port = await makeServer(t, tuning(random), onBroken);
      echoes += await exchange(await makeClient(t, port, tuning(random), onBroken), random, seed);
    }
    assert.deepEqual(broken, []);
    assert.ok(echoes > (SEEDS * STREAMS) / 2, `${echoes} came back whole`);
  });
}

/** Some at once, some after others. Returns how many came back whole. */
async function exchange(client: Client, random: Dice, seed: number): Promise<number> {
  let whole = 0;
  for (let left = STREAMS; left > 0; ) {
    const asked = Array.from({ length: Math.min(left, 1 + random.below(20)) }, () => message(random));
    left -= asked.length;
    const echoed = await Promise.all(asked.map((one) => client.ask(one)));
    for (const [nth, one] of asked.entries()) {
      const body = Buffer.concat(one.body).toString('latin1');
      const came = echoed[nth];
      if (one.resetAt === undefined) assert.ok(came !== undefined, `seed ${seed}: a stream was broken off`);
      if (came === undefined) continue;
      assert.deepEqual(came.fields, one.fields, `seed ${seed}`);
      assert.deepEqual(came.trailers, one.trailers, `seed ${seed}`);
      assert.ok(came.body === body, `seed ${seed}: ${came.body.length} bytes for ${body.length}`);
      whole++;
    }
  }
  return whole;
}

function tuning(random: Dice): Tuning {
  return { windowBytes: random.pick([150, 1_000, 65_535, 262_144]), padded: random.chance(0.3) };
}

function message(random: Dice): Asked {
  const size = random.pick([0, 1, 100, 5_000, 40_000]);
  const body: Buffer[] = [];
  for (let left = size; left > 0; ) {
    const piece = Math.min(left, 1 + random.below(20_000));
    body.push(Buffer.alloc(piece, 97 + random.below(26)));
    left -= piece;
  }
  const resetAt = size > 0 && random.chance(0.15) ? 1 + random.below(size) : undefined;
  return { fields: fields(random, random.below(8)), body, trailers: fields(random, random.below(3)), resetAt };
}

/** Of few names, so that the tables of both sides have something to remember; some are too large for a frame. */
function fields(random: Dice, count: number): readonly string[] {
  const names = Array.from({ length: count }, (_, nth) => `x-${nth}-${random.below(4)}`);
  return names.flatMap((name, nth) => [name, value(random, nth === 0 && random.chance(0.1) ? 20_000 : 60)]);
}

function value(random: Dice, most: number): string {
  if (random.chance(0.5)) return random.pick(['yes', 'no', 'application/grpc', '0']);
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-_/+= ,;~';
  const length = 1 + random.below(most);
  return `v${Array.from({ length }, () => letters[random.below(letters.length)])
    .join('')
    .trim()}v`;
}
