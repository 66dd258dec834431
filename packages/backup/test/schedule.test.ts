import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { instantId, instantOf, nextCopyAt } from '../src/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the next copy', () => {
  const history = { lastStartedAt: 1_000, failures: 0, lastFailureAt: undefined, askedAt: undefined, isCutOff: false };
  const rows: readonly [string, Partial<typeof history> | object, number][] = [
    ['is due at once where there is none', { lastStartedAt: undefined }, 0],
    ['is due an interval after the last', {}, 1_000 + DAY],
    ['is due at once when it is asked for', { askedAt: 1_001 }, 0],
    ['is not due for what was asked before the last', { askedAt: 999 }, 1_000 + DAY],
    ['is due at once when the log was cut off', { isCutOff: true }, 0],
    ['waits after a failure', { lastStartedAt: undefined, failures: 1, lastFailureAt: 5_000 }, 35_000],
    ['waits longer after more', { lastStartedAt: undefined, failures: 3, lastFailureAt: 5_000 }, 125_000],
    ['waits an hour at most', { lastStartedAt: undefined, failures: 99, lastFailureAt: 5_000 }, HOUR + 5_000],
    ['does not wait when it is asked for after the failure', { failures: 3, lastFailureAt: 5_000, askedAt: 6_000 }, 0],
  ];
  for (const [name, change, expected] of rows) {
    it(name, () => assert.equal(nextCopyAt({ ...history, ...change }, DAY), expected));
  }
});

it('a name of an instant is read as it was written, and sorts by time', () => {
  fc.assert(
    fc.property(fc.nat(4_000_000_000_000), fc.nat(4_000_000_000_000), (some, other) => {
      assert.equal(instantOf(instantId(some)), some);
      assert.equal(instantId(some) < instantId(other), some < other);
    }),
  );
  assert.equal(instantOf('20261399T000000000Z'), undefined);
});
