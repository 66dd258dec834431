import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pointBefore } from '../src/backup/restore-point.ts';
import { BEGUN, backupWorld, copiedAt, PITR, told } from './backup-world.ts';

/* Before migrations run, what they are to change can be gone back to. */

const WITHOUT_LOG = { ...PITR, pitr: false };

function world(...args: Parameters<typeof backupWorld>) {
  const { parts, store, ...seen } = backupWorld(...args);
  return { ...seen, mark: () => pointBefore(store, ['2-drop.sql'], { ...parts, decisions: parts.decisions as never }) };
}

describe('the instant before migrations', () => {
  it('is in the log, where one is kept: nobody waits', async () => {
    const { asked, decided, mark } = world([told({})]);
    await mark();
    assert.deepEqual(asked, []);
    assert.deepEqual(decided, [{ kind: 'restore-point', service: 'orders', at: BEGUN, migrations: ['2-drop.sql'] }]);
  });

  it('is that of a copy which is made for it, where no log is kept', async () => {
    const { asked, decided, mark } = world([told({}), told({}), told({ last: copiedAt(BEGUN) })], WITHOUT_LOG);
    await mark();
    assert.deepEqual(asked, ['orders']);
    assert.deepEqual(
      decided.map((one) => one.kind === 'restore-point' && one.at >= BEGUN),
      [true],
    );
  });

  it('has nothing to keep of a store that is new', async () => {
    const { asked, decided, mark } = world([undefined], WITHOUT_LOG);
    await mark();
    assert.deepEqual([asked, decided.length], [[], 1]);
  });

  it('does not come where the copy fails, and nothing is migrated', async () => {
    const failed = told({ copy: { kind: 'failed', at: BEGUN + 1, why: 'no space left', times: 1 } });
    const { decided, mark } = world([told({}), failed], WITHOUT_LOG);
    await assert.rejects(mark(), { message: /orders is not backed up as it is now: no space left/ });
    assert.deepEqual(decided, []);
  });
});
