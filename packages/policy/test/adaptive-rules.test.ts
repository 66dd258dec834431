import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COHORT } from '../src/cohort.ts';
import { ADAPTIVE_LIMIT, AdaptiveLimit } from '../src/index.ts';

/** The rules one by one, on cohorts without noise: what they come to together is proved in worlds with queues. */

interface Seen {
  readonly peak: number;
  readonly medianMs: number;
  readonly queueMs?: number;
  /** How long it took until all of its members had answered. */
  readonly overMs?: number;
}

class Watched {
  readonly limit = new AdaptiveLimit();
  #now = 0;

  /** Returns the limit and the baseline after each of these. */
  see(...cohorts: readonly Seen[]): readonly (readonly [number, number | undefined])[] {
    return cohorts.map((one) => this.#see(one));
  }

  #see({ peak, medianMs, queueMs = 1_000, overMs = 500 }: Seen): readonly [number, number | undefined] {
    const { limit } = this;
    const last = COHORT.least - 1;
    const members = Array.from({ length: last + 1 }, (_, nth) => limit.sent(this.#now + (nth * overMs) / last, peak));
    this.#now += overMs;
    for (const member of members) limit.answered(member, { tookMs: medianMs, now: this.#now, queueMs });
    return [limit.limit, limit.baselineMs];
  }

  /** At rest for long: this is its time. */
  static resting(medianMs: number): Watched {
    const watched = new Watched();
    watched.see({ peak: 2, medianMs }, { peak: 2, medianMs });
    return watched;
  }

  /** Its limit has shrunk to 60 from the most, by two slow cohorts of 100 in flight. */
  static shrunk(): Watched {
    const watched = Watched.resting(100);
    assert.deepEqual(watched.see({ peak: 100, medianMs: 250 }, { peak: 100, medianMs: 250 }), [
      [MOST, 100],
      [60, 100],
    ]);
    return watched;
  }
}

const MOST = ADAPTIVE_LIMIT.max;

test('at rest, what is measured moves the baseline halfway', () => {
  assert.deepEqual(new Watched().see({ peak: 2, medianMs: 5 }, { peak: 16, medianMs: 9 }, { peak: 1, medianMs: 3 }), [
    [MOST, 5],
    [MOST, 7],
    [MOST, 5],
  ]);
});

test('with one more in flight than a limit at its least allows, it is not at rest', () => {
  assert.deepEqual(Watched.resting(100).see({ peak: 17, medianMs: 110 }), [[MOST, 100]]);
});

test('under load, the baseline follows three in a row that are quicker, and goes halfway to the slowest of them', () => {
  const watched = Watched.resting(100);
  const at = (medianMs: number) => watched.see({ peak: 50, medianMs })[0]?.[1];
  assert.deepEqual([90, 80, 100, 70, 85].map(at), [100, 100, 100, 100, 100]);
  assert.equal(at(80), 92.5);
  assert.equal(at(60), 92.5, 'and begins anew');
});

test('a service whose time at rest is longer than the queue is not judged', () => {
  const slow = { peak: 100, medianMs: 9_000 };
  assert.deepEqual(Watched.resting(1_001).see(slow, slow), [
    [MOST, 1_001],
    [MOST, 1_001],
  ]);
  assert.notEqual(Watched.resting(1_000).see(slow, slow)[1]?.[0], MOST);
});

test('a service never seen at rest is left alone where it is quick, or slower than the queue allows', () => {
  assert.deepEqual(new Watched().see({ peak: 100, medianMs: 20 }), [[MOST, 20]]);
  assert.deepEqual(new Watched().see({ peak: 100, medianMs: 1_001 }), [[MOST, undefined]]);
  assert.deepEqual(new Watched().see({ peak: 100, medianMs: 21 }), [[54, 21]]);
});

test('of one never seen at rest, less in flight shows whether there is a queue: so far down as that helps', () => {
  const watched = new Watched();
  assert.deepEqual(watched.see({ peak: 100, medianMs: 300 }, { peak: 53, medianMs: 162 }, { peak: 27, medianMs: 84 }), [
    [54, 300],
    [28, 162],
    [ADAPTIVE_LIMIT.min, 84],
  ]);
});

test('of one never seen at rest, where less in flight does not help, its time is its own', () => {
  for (const medianMs of [230, 300, 375]) {
    const seen = new Watched().see({ peak: 100, medianMs: 300 }, { peak: 53, medianMs });
    assert.deepEqual(seen[1], [MOST, medianMs]);
  }
  assert.deepEqual(new Watched().see({ peak: 100, medianMs: 300 }, { peak: 53, medianMs: 229 })[1], [28, 229]);
});

test('where it gets worse meanwhile, that proves nothing yet: its baseline stays, and it is asked again from there', () => {
  const worse = [
    { peak: 100, medianMs: 300 },
    { peak: 53, medianMs: 380 },
  ];
  assert.deepEqual(new Watched().see(...worse)[1], [54, 300]);
  // Of 53 in flight at 380 ms: half of that and no quicker is its own time, two thirds of the time is help.
  assert.deepEqual(new Watched().see(...worse, { peak: 29, medianMs: 380 })[2], [MOST, 380]);
  assert.deepEqual(new Watched().see(...worse, { peak: 29, medianMs: 250 })[2], [ADAPTIVE_LIMIT.min, 250]);
});

test('within the buffer all is well, and beyond it two in a row make the limit shrink by the gradient', () => {
  for (const [medianMs, limit] of [
    [125, MOST],
    [200, 72],
    [250, 60],
    [900, 60],
  ] as const) {
    const slow = { peak: 100, medianMs };
    assert.deepEqual(
      Watched.resting(100)
        .see(slow, slow)
        .map(([it]) => it),
      [MOST, limit],
      `${medianMs} ms`,
    );
  }
  const [slow, well] = [
    { peak: 100, medianMs: 250 },
    { peak: 100, medianMs: 110 },
  ];
  assert.deepEqual(
    Watched.resting(100)
      .see(slow, well, slow, well)
      .map(([it]) => it),
    [MOST, MOST, MOST, MOST],
  );
});

test('the buffer of a quick service is some milliseconds, whatever its baseline', () => {
  const at = (medianMs: number) => Watched.resting(4).see({ peak: 100, medianMs }, { peak: 100, medianMs })[1]?.[0];
  assert.deepEqual([at(24), at(25)], [MOST, 106]);
});

test('the limit grows where at least half of it is used: by the gradient, at most twice, and some headroom', () => {
  for (const [peak, medianMs, limit] of [
    [60, 100, 82],
    [30, 100, 82],
    [29, 100, 60],
    [60, 125, 67],
    [60, 10, 127],
  ] as const) {
    assert.equal(Watched.shrunk().see({ peak, medianMs })[0]?.[0], limit, `${peak} in flight, ${medianMs} ms`);
  }
});

test('all the way down and no quicker for it: its time is its own, and the limit goes back to where it was', () => {
  assert.deepEqual(Watched.shrunk().see({ peak: 10, medianMs: 250 }), [[MOST, 250]]);
  assert.deepEqual(Watched.shrunk().see({ peak: 10, medianMs: 138 }), [[MOST, 138]]);
  // It has helped: then what is at rest moves the baseline, as ever.
  assert.deepEqual(Watched.shrunk().see({ peak: 10, medianMs: 130 }), [[60, 115]]);
});

test('what was learnt on the way down is over with it', () => {
  const watched = Watched.shrunk();
  watched.see({ peak: 10, medianMs: 130 });
  assert.deepEqual(watched.see({ peak: 10, medianMs: 260 })[0], [60, 187.5], 'no quicker than what? nothing shrinks');
});
