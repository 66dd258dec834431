import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoreRequest } from '@islet/driver';
import { markUpgradePoint } from '../src/backup/upgrade-point.ts';
import type { Hands } from '../src/execute.ts';
import { provision } from '../src/provision.ts';
import type { LaunchSpec } from '../src/store/applied.ts';
import { away, BEGUN, backupWorld, copiedAt, PITR, told } from './backup-world.ts';

/* Before data is taken over to another version, all of it must be in its backups. */

function world(...args: Parameters<typeof backupWorld>) {
  const { parts, store, ...seen } = backupWorld(...args);
  const mark = (none?: 'no backups') =>
    markUpgradePoint(store, 'PostgreSQL 18', { ...parts, backups: none === undefined ? parts.backups : undefined });
  return { ...seen, mark };
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

  for (const backup of [PITR, undefined]) {
    const what = backup === undefined ? 'none of a database that is not backed up' : 'in its backups first';
    it(`is ${what}, where a newer server takes data over in place`, async () => {
      const { decided, parts } = backupWorld([told({ log: { kind: 'followed', at: BEGUN + 500 } })]);
      const driver = {
        engine: 'mariadb',
        provision: async ({ beforeUpgrade }: StoreRequest) => beforeUpgrade?.('MariaDB 11.8'),
      };
      const database = { engine: 'mariadb', settings: {}, upgrade: 'in-place', backup };
      const hands = { ...parts, driverOf: () => driver } as unknown as Hands;
      await provision({ name: 'orders', database } as unknown as LaunchSpec, hands, parts.signal);
      const points = decided.map((one) => one.kind === 'upgrade-point' && one.to);
      assert.deepEqual(points, backup === undefined ? [] : ['MariaDB 11.8']);
    });
  }
});
