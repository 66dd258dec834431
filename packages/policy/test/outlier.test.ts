import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import fc from 'fast-check';
import { LatencyWindow, mayEject, quantileMs, Standing, stallAfterMs } from '../src/index.ts';

const policy = DEFAULT_TRAFFIC.outlier!;
const even = () => 0;

function failing(statuses: readonly number[]): Standing {
  const standing = new Standing();
  for (const status of statuses) standing.onAnswer(status, { now: 0, isProbe: false, isLate: false });
  return standing;
}

test('five errors in a row are due, three where they are those of a gateway, and one success between forgives all', () => {
  assert.equal(failing([500, 500, 500, 500]).due(policy), undefined);
  assert.equal(failing([500, 500, 500, 500, 500]).due(policy), '5xx');
  assert.equal(failing([503, 502]).due(policy), undefined);
  assert.equal(failing([503, 502, 504]).due(policy), 'gateway');
  assert.equal(failing([503, 502, 500, 503]).due(policy), undefined);
  assert.equal(failing([500, 500, 500, 500, 404, 500]).due(policy), undefined);
  const silent = new Standing();
  for (let count = 0; count < 3; count++) silent.onFailure(0);
  assert.equal(silent.due(policy), 'gateway');
});

test('each time in a row lasts longer, up to the limit, and a long time well forgets them', () => {
  const standing = new Standing();
  const out = (now: number) => {
    standing.eject('5xx', policy, { now, dice: even });
    let until = now;
    while (!standing.mayProbe(until, { idempotent: true })) until += 500;
    return until - now;
  };
  assert.deepEqual([out(0), out(10_000), out(20_000)], [5_000, 10_000, 15_000]);
  for (let count = 0; count < 20; count++) out(30_000);
  assert.equal(out(30_000), 60_000);
  standing.onAnswer(200, { now: 100_000, isProbe: true, isLate: false });
  assert.equal(standing.isOut, false);
  assert.equal(out(160_001), 5_000);
  // Found bad again by its probe, it has not been well, however long ago it was last let in.
  assert.equal(out(400_000), 10_000);
  standing.onAnswer(200, { now: 500_000, isProbe: true, isLate: false });
  assert.equal(out(559_999), 15_000, 'not well for long enough');
  for (let count = 0; count < 3; count++) standing.onFailure(559_999);
  assert.equal(standing.due(policy), undefined, 'it is out');
});

test('one request at a time finds out, one that can be repeated if there is any', () => {
  const standing = new Standing();
  standing.eject('gateway', policy, { now: 0, dice: even });
  const idempotent = { idempotent: true };
  assert.equal(standing.tryProbe(4_999, idempotent), false);
  assert.equal(standing.tryProbe(5_000, { idempotent: false }), false);
  assert.equal(standing.tryProbe(5_000, idempotent), true);
  assert.equal(standing.tryProbe(5_000, idempotent), false);
  standing.endProbe(5_000);
  assert.equal(standing.tryProbe(10_000, { idempotent: false }), true);
});

test('an answer that was on its way clears only an instance that seemed to hang, and only in time', () => {
  for (const cause of ['5xx', 'gateway', 'stall'] as const) {
    const standing = new Standing();
    standing.eject(cause, policy, { now: 0, dice: even });
    standing.onAnswer(200, { now: 1, isProbe: false, isLate: true });
    assert.equal(standing.isOut, true);
    standing.onAnswer(200, { now: 1, isProbe: false, isLate: false });
    assert.equal(standing.isOut, cause !== 'stall');
  }
});

test('a late answer to a probe leaves it out', () => {
  const standing = new Standing();
  standing.eject('stall', policy, { now: 0, dice: even });
  assert.equal(standing.tryProbe(5_000, { idempotent: true }), true);
  standing.onAnswer(200, { now: 7_000, isProbe: true, isLate: true });
  assert.equal(standing.isOut, true);
});

test('those that were ejected together come back apart, by up to half of the time', () => {
  for (const [dice, outMs] of [
    [0, 5_000],
    [0.5, 6_250],
    [0.999_999, 7_499],
  ] as const) {
    const standing = new Standing();
    standing.eject('5xx', policy, { now: 0, dice: () => dice });
    const may = (now: number) => standing.mayProbe(now, { idempotent: true });
    assert.deepEqual([may(outMs - 1), may(outMs + 1)], [false, true], `${dice}`);
  }
});

test('a first byte brings back who hung, and a probe whoever it was; nothing else brings back who failed', () => {
  for (const [cause, isProbe, isOut] of [
    ['stall', false, false],
    ['stall', true, false],
    ['5xx', true, false],
    ['5xx', false, true],
  ] as const) {
    const standing = new Standing();
    assert.equal(standing.answeredAt, Number.NEGATIVE_INFINITY);
    standing.eject(cause, policy, { now: 0, dice: even });
    standing.onFirstByte({ now: 6_000, isProbe, isLate: false });
    assert.equal(standing.isOut, isOut, `${cause}, ${isProbe ? 'a probe' : 'no probe'}`);
    assert.equal(standing.answeredAt, 6_000);
  }
});

test('no response counts as an error too, among others', () => {
  const standing = new Standing();
  for (const fail of [500, undefined, 500, undefined]) {
    if (fail === undefined) standing.onFailure(0);
    else standing.onAnswer(fail, { now: 0, isProbe: false, isLate: false });
    assert.equal(standing.due(policy), undefined);
  }
  standing.onAnswer(500, { now: 0, isProbe: false, isLate: false });
  assert.equal(standing.due(policy), '5xx');
});

test('one may always be out, of more their share, and never the last that is well', () => {
  for (const [total, out, othersWell, may] of [
    [1, 0, 0, false],
    [2, 0, 1, true],
    [2, 1, 0, false],
    [3, 1, 1, false],
    [4, 1, 2, true],
    [4, 2, 1, false],
    [8, 3, 4, true],
    [8, 4, 3, false],
    [8, 0, 0, false],
  ] as const) {
    assert.equal(
      mayEject({ total, out, othersWell }, { ...policy, maxPercent: 50 }),
      may,
      `${out} of ${total} are out`,
    );
  }
});

/** A service's instances on a virtual clock: whatever happens, what the caller of `eject` promises holds. */
test('never the last one goes, and never more than the policy allows', () => {
  const step = fc.record({
    instance: fc.nat(7),
    afterMs: fc.nat(20_000),
    what: fc.constantFrom('ok', 'error', 'silent', 'stall', 'probe'),
  });
  const sizes = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 0, max: 100 }),
      fc.array(step, { maxLength: 200, size: 'max' }),
      (size, maxPercent, steps) => {
        const spec = { ...policy, maxPercent };
        const group = Array.from({ length: size }, () => new Standing());
        const out = () => group.filter(({ isOut }) => isOut).length;
        let now = 0;
        for (const { instance, afterMs, what } of steps) {
          now += afterMs;
          const standing = group[instance % size]!;
          const isProbe = what === 'probe' && standing.tryProbe(now, { idempotent: true });
          if (what === 'ok' || isProbe) standing.onAnswer(200, { now, isProbe, isLate: false });
          else if (what === 'error') standing.onAnswer(500, { now, isProbe, isLate: false });
          else if (what === 'silent') standing.onFailure(now);
          const cause = what === 'stall' && !standing.isOut ? what : standing.due(spec);
          const others = {
            total: size,
            out: out(),
            othersWell: group.filter((it) => it !== standing && !it.isOut).length,
          };
          if (cause !== undefined && mayEject(others, spec)) standing.eject(cause, spec, { now, dice: even });
          assert.ok(out() < size);
          assert.ok(out() <= Math.max(1, Math.floor((size * maxPercent) / 100)));
        }
      },
    ),
  );
});

test('a first byte is overdue after a second, or four times what the siblings take', () => {
  assert.equal(stallAfterMs(undefined), Number.POSITIVE_INFINITY);
  assert.equal(stallAfterMs(16), 1_000);
  assert.equal(stallAfterMs(2_000), 8_000);
});

test('the quantile of a window is never below the true one, and at most a fifth above it', () => {
  const latencies = fc.array(fc.double({ min: 16, max: 600_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
    size: 'max',
  });
  fc.assert(
    fc.property(latencies, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, q) => {
      const window = new LatencyWindow();
      for (const ms of all) window.record(ms);
      const sum = LatencyWindow.emptySum();
      window.addTo(sum, 1);
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
      const found = quantileMs(sum, q)!;
      assert.ok(found >= exact * 0.999_999 && found <= exact * 1.2, `${found} for ${exact}`);
    }),
  );
});

test('a window forgets what is older than a minute, and nothing that is younger than half of one', () => {
  const window = new LatencyWindow();
  const count = () => {
    const sum = LatencyWindow.emptySum();
    window.addTo(sum, 1);
    return sum.reduce((total, one) => total + one, 0);
  };
  window.roll(100_000);
  window.record(100);
  window.roll(129_000);
  assert.equal(count(), 1);
  window.roll(131_000);
  assert.equal(count(), 1);
  window.roll(161_000);
  assert.equal(count(), 0);
});

test('a success between forgives the errors of a gateway too', () => {
  assert.equal(failing([503, 503, 200, 503, 503]).due(policy), undefined);
});

test('an answer is one whatever it says: it proves that its instance does not hang', () => {
  for (const status of [200, 404, 500, 503]) {
    const standing = new Standing();
    standing.onAnswer(status, { now: 7, isProbe: false, isLate: false });
    assert.equal(standing.answeredAt, 7, String(status));
  }
});

test('who comes back begins anew: what it was ejected for is not held against it a second time', () => {
  for (const comesBack of ['first byte', 'answer', 'policy off'] as const) {
    const standing = failing([503, 503, 503, 503, 503]);
    assert.equal(standing.due(policy), 'gateway');
    standing.eject('gateway', policy, { now: 0, dice: even });
    if (comesBack === 'first byte') standing.onFirstByte({ now: 5_000, isProbe: true, isLate: false });
    else if (comesBack === 'answer') standing.onAnswer(200, { now: 5_000, isProbe: true, isLate: false });
    else standing.clear();
    assert.equal(standing.isOut, false, comesBack);
    standing.onFailure(0);
    standing.onAnswer(500, { now: 5_001, isProbe: false, isLate: false });
    assert.equal(standing.due(policy), undefined, comesBack);
  }
});

test('a first byte that is late brings nobody back: it may be slow again', () => {
  for (const isProbe of [false, true]) {
    const standing = new Standing();
    standing.eject('stall', policy, { now: 0, dice: even });
    standing.onFirstByte({ now: 6_000, isProbe, isLate: true });
    assert.equal(standing.isOut, true);
    assert.equal(standing.answeredAt, 6_000, 'it is an answer still');
  }
});

test('a request that found out long ago, and has gone on since, ends no other that finds out now', () => {
  const standing = new Standing();
  const idempotent = { idempotent: true };
  standing.eject('5xx', policy, { now: 0, dice: even });
  assert.equal(standing.tryProbe(5_000, idempotent), true);
  standing.onAnswer(200, { now: 5_100, isProbe: true, isLate: false });
  standing.eject('5xx', policy, { now: 6_000, dice: even });
  assert.equal(standing.tryProbe(20_000, idempotent), true, 'that the first goes on keeps nobody from finding out');
  standing.endProbe(5_000);
  assert.equal(standing.mayProbe(20_000, idempotent), false);
  standing.endProbe(20_000);
  assert.equal(standing.mayProbe(20_000, idempotent), true);
});
