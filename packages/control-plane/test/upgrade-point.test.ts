import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoreTold } from '@islet/backup';
import type { KeptStore } from '../src/backup/kept-stores.ts';
import { markUpgradePoint } from '../src/backup/upgrade-point.ts';
import type { Clock } from '../src/clock.ts';
import type { Decision } from '../src/store/decisions.ts';

/* Before data is taken over to another version, all of it must be in its backups. */

const BEGUN = 1_000_000;
const PITR = { everyMs: 1, pitr: true, keep: { daily: 7, weekly: 0, monthly: 0 } };
const copiedAt = (startedAt: number): StoreTold['last'] => ({
  id: '20261127T000000000Z' as NonNullable<StoreTold['last']>['id'],
  startedAt,
  finishedAt: startedAt,
  storedBytes: 1,
  plainBytes: 1,
});
const told = (rest: Partial<StoreTold>): StoreTold => ({
  service: 'orders',
  log: { kind: 'followed', at: BEGUN - 1 },
  copy: { kind: 'waiting', nextAt: BEGUN * 2 },
  last: copiedAt(BEGUN - 1000),
  restorable: undefined,
  bytes: 1,
  ...rest,
});
const away = { kind: 'waiting', since: BEGUN, why: 'the server is away' } as const;

/** What the backup process tells, look by look; the last of it again and again. Time goes by with each pause. */
function world(looks: readonly (StoreTold | undefined)[], backup: KeptStore['backup'] | 'off' = PITR) {
  let now = BEGUN;
  let looked = 0;
  const asked: string[] = [];
  const decided: Decision[] = [];
  const clock: Clock = {
    now: () => now,
    dice: () => 0,
    after: (ms, act) => {
      now += ms;
      setImmediate(act);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const backups = {
    ask: (stores: readonly string[]) => {
      asked.push(...stores);
      return now;
    },
    told: () => {
      const store = looks[Math.min(looked++, looks.length - 1)];
      return { pid: 1, at: now, stores: store === undefined ? [] : [store] };
    },
  };
  const decisions = { record: (decision: Decision) => void decided.push(decision) };
  const store: KeptStore = {
    id: 'orders',
    service: 'orders',
    kind: 'database',
    engine: 'postgres',
    backup: backup === 'off' ? undefined : backup,
    drill: undefined,
  };
  const { signal } = new AbortController();
  const mark = (none?: 'no backups') =>
    markUpgradePoint(store, 'PostgreSQL 18', {
      backups: none === undefined ? backups : undefined,
      decisions,
      clock,
      signal,
    });
  return { asked, decided, mark };
}

describe('the instant before an upgrade', () => {
  it('is kept when the log is stored to where the server was started for it', async () => {
    const { asked, decided, mark } = world([
      told({}),
      told({ log: away }),
      told({ log: { kind: 'followed', at: BEGUN - 1 } }),
      told({ log: { kind: 'followed', at: BEGUN + 500 } }),
    ]);
    await mark();
    assert.deepEqual(asked, [], 'no copy is needed');
    assert.deepEqual(
      decided.map((one) => one.kind === 'upgrade-point' && [one.service, one.to, one.at > BEGUN]),
      [['orders', 'PostgreSQL 18', true]],
    );
  });

  for (const [when, first, backup] of [
    ['there is none yet', undefined, PITR],
    ['no log is kept', told({}), { ...PITR, pitr: false }],
  ] as const)
    it(`is that of a copy that is asked for where ${when}`, async () => {
      const copying = told({ last: undefined, copy: { kind: 'copying', since: BEGUN } });
      // Longer than anything else may take.
      const long = Array.from({ length: 2_000 }, () => copying);
      const { asked, decided, mark } = world([first, first, ...long, told({ last: copiedAt(BEGUN) })], backup);
      await mark();
      assert.deepEqual(asked, ['orders']);
      assert.equal(decided.length, 1);
    });

  it('does not come where a copy fails, and nothing is taken over', async () => {
    const failed = told({ copy: { kind: 'failed', at: BEGUN + 1, why: 'no space left', times: 1 } });
    const { decided, mark } = world([undefined, failed]);
    await assert.rejects(mark(), {
      code: 'unavailable',
      message: /orders is not backed up as it is now: no space left/,
    });
    assert.deepEqual(decided, []);
  });

  it('does not come where nobody follows the log, and that is no endless wait', async () => {
    const { decided, mark } = world([told({ log: away })]);
    await assert.rejects(mark(), { message: /the server is away/ });
    assert.deepEqual(decided, []);
  });

  it('is none where nothing is backed up', async () => {
    const off = world([told({})], 'off');
    await off.mark();
    const nobody = world([told({})]);
    await nobody.mark('no backups');
    assert.deepEqual([...off.decided, ...nobody.decided], []);
  });
});
