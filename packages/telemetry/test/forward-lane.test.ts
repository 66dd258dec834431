import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Lane, type LaneParts } from '../src/forward/lane.ts';
import { Pace } from '../src/forward/pace.ts';
import type { Outcome } from '../src/forward/verdict.ts';
import { until } from './running.ts';

const TAKEN: Outcome = { kind: 'http', status: 200, retryAfter: undefined, body: Buffer.alloc(0) };
const AGAIN: Outcome = { kind: 'http', status: 503, retryAfter: '0', body: Buffer.alloc(0) };
const REFUSED: Outcome = { kind: 'http', status: 400, retryAfter: undefined, body: Buffer.alloc(0) };

/** A lane of numbers, with messages of three of them. */
function laneOf(t: TestContext, parts: Partial<LaneParts<number>> & Pick<LaneParts<number>, 'send'>): Lane<number> {
  const lane = new Lane<number>({
    encode: (rows) => Buffer.from(rows.join()),
    sizeOf: () => 10,
    now: Date.now,
    random: () => 0,
    pace: new Pace(0),
    ...parts,
    limits: { waiting: 9, batch: 3, gatherMs: 0, lastMs: 50, ...parts.limits },
  });
  t.after(() => lane.close());
  return lane;
}

/** A backend that takes a message, and says nothing to it. */
const hang: LaneParts<number>['send'] = (_, gone) =>
  new Promise((resolve) => {
    gone.addEventListener('abort', () => resolve({ kind: 'unreached', why: 'gone' }), { once: true });
  });

const text = (body: Uint8Array) => Buffer.from(body).toString();
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

describe('records on their way to a backend', () => {
  it('go in their order, in messages of a bounded size', async (t) => {
    const sent: string[] = [];
    const lane = laneOf(t, {
      send: async ({ body }) => {
        sent.push(text(body));
        return TAKEN;
      },
    });
    lane.add(numbers(7));
    await until('all are sent', async () => lane.counts.sent === 7);
    assert.deepEqual(sent, ['0,1,2', '3,4,5', '6']);
    assert.deepEqual(lane.counts, { sent: 7, waiting: 0, dropped: 0, rejected: 0 });
  });

  it('are tried again until they are taken, each once', async (t) => {
    const answers = [AGAIN, AGAIN];
    const taken: string[] = [];
    const lane = laneOf(t, {
      send: async ({ body }) => {
        const answer = answers.shift() ?? TAKEN;
        if (answer === TAKEN) taken.push(text(body));
        return answer;
      },
    });
    lane.add(numbers(4));
    await until('all are sent', async () => lane.counts.sent === 4);
    assert.deepEqual([taken, lane.counts.since, lane.counts.problem], [['0,1,2', '3'], undefined, undefined]);
  });

  it('that nobody takes wait, the newest of them, and whoever adds never does', async (t) => {
    const lane = laneOf(t, { send: hang, limits: { lastMs: 0 } });
    lane.add(numbers(3));
    await until('a message is in flight', async () => lane.counts.waiting === 3);
    for (let round = 0; round < 1_000; round++) lane.add(numbers(30));
    assert.deepEqual([lane.counts.waiting, lane.counts.dropped], [3 + 9, 30_000 - 9]);
  });

  it('are bounded in bytes too', (t) => {
    const lane = laneOf(t, { send: hang, limits: { waitingBytes: 45, lastMs: 0 } });
    lane.add(numbers(9));
    assert.deepEqual([lane.counts.waiting, lane.counts.dropped], [4, 5]);
  });

  it('that are refused are counted, and hold up nothing', async (t) => {
    const answers = [REFUSED];
    const lane = laneOf(t, { send: async () => answers.shift() ?? TAKEN });
    lane.add(numbers(5));
    await until('the rest is sent', async () => lane.counts.sent === 2);
    assert.equal(lane.counts.rejected, 3);
  });

  it('that are taken in part are counted as such, with the reason', async (t) => {
    // `partial_success { rejected: 2, error_message: "old" }`
    const body = Buffer.from([0x0a, 7, 0x08, 2, 0x12, 3, 0x6f, 0x6c, 0x64]);
    const lane = laneOf(t, { send: async () => ({ kind: 'http', status: 200, retryAfter: undefined, body }) });
    lane.add(numbers(3));
    await until('it is sent', async () => lane.counts.sent > 0);
    assert.deepEqual(lane.counts, {
      sent: 1,
      rejected: 2,
      waiting: 0,
      dropped: 0,
      problem: 'it took a part of them only: old',
    });
  });

  it('are given up after a while, so that one message does not hold up all others for ever', async (t) => {
    let now = 0;
    const lane = laneOf(t, {
      now: () => now,
      limits: { giveUpMs: 1_000 },
      send: async ({ body }) => {
        now += 400;
        return text(body).startsWith('0') ? AGAIN : TAKEN;
      },
    });
    lane.add(numbers(5));
    await until('the others are sent', async () => lane.counts.sent === 2);
    assert.equal(lane.counts.dropped, 3);
  });

  it('that can not be written are counted, and the others go', async (t) => {
    const encode = (rows: readonly number[]) => {
      if (rows.includes(1)) throw new Error('odd');
      return Buffer.from(rows.join());
    };
    const lane = laneOf(t, { encode, send: async () => TAKEN });
    lane.add(numbers(6));
    await until('the others are sent', async () => lane.counts.sent === 3);
    assert.equal(lane.counts.dropped, 3);
  });

  it('are sent once more at the end, and what then still waits is counted', async (t) => {
    const sent: string[] = [];
    const lane = laneOf(t, {
      limits: { lastMs: 10_000, gatherMs: 60_000 },
      send: async ({ body }) => {
        sent.push(text(body));
        return TAKEN;
      },
    });
    lane.add(numbers(2));
    await lane.close();
    assert.deepEqual(sent, ['0,1']);
    lane.add(numbers(2));
    assert.equal(lane.counts.waiting, 0);
  });

  it('end though a backend hangs', async (t) => {
    const lane = laneOf(t, { send: hang });
    lane.add(numbers(8));
    await lane.close();
    assert.equal(lane.counts.sent, 0);
    assert.equal(lane.counts.dropped, 8);
  });
});
