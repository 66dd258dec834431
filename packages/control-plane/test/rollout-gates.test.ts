import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { StoreTold } from '@islet/backup';
import { rolloutGates } from '../src/rollout-gates.ts';
import type { AppliedService } from '../src/store/applied.ts';
import type { Rollouts } from '../src/store/decisions.ts';
import type { Drilled } from '../src/store/drilled.ts';
import { VirtualClock } from '../src/testing/index.ts';
import { copiedAt, PITR, told } from './backup-world.ts';

const DAY_MS = 24 * 3_600_000;
const STABLE = { revision: 'old', generation: 'old.0' };

function gates({
  drill,
  isFirst = false,
  promoted = ['old'],
  revision = 'new',
  requires = ['drill'],
  isRollback = false,
  store,
}: {
  store?: Partial<StoreTold> & { readonly silentMs?: number };
  drill?: { agoMs: number; problems: readonly string[] };
  isFirst?: boolean;
  promoted?: readonly string[];
  revision?: string;
  requires?: readonly ('backup' | 'drill')[];
  isRollback?: boolean;
}) {
  const clock = new VirtualClock();
  const at = clock.now() - (drill?.agoMs ?? 0);
  const last = drill && ({ startedAt: at, finishedAt: at, problems: drill.problems } as Drilled);
  const database = { engine: 'postgres', backup: PITR, drill: { everyMs: 7 * DAY_MS } };
  const service = { spec: { name: 'orders', database, rollout: { requires } }, revision, isRollback };
  return rolloutGates(service as unknown as AppliedService, {
    drills: { last: () => last },
    backups: {
      told: () => ({
        pid: 1,
        at: clock.now() - (store?.silentMs ?? 0),
        stores: store === undefined ? [] : [told({ last: copiedAt(clock.now()), log: FOLLOWED, ...store })],
      }),
    },
    decisions: { rollouts: () => ({ stable: isFirst ? undefined : STABLE, promoted }) as unknown as Rollouts },
    clock,
    startedAt: clock.now() - DAY_MS,
  });
}

const FOLLOWED = { kind: 'followed', at: 0 } as const;
const FAILED = { agoMs: 1_000, problems: ['a piece is missing'] };

it('keeps a new revision out while the last drill has failed, or is late, and says why and what to do', () => {
  assert.match(gates({ drill: FAILED }).join(), /does not come back: a piece is missing.*islet drill restore orders/);
  assert.match(gates({ drill: { agoMs: 9 * DAY_MS, problems: [] } }).join(), /not proved for long/);
});

it('lets it in when the last drill has passed, and is not late', () => {
  assert.deepEqual(gates({ drill: { agoMs: 7 * DAY_MS, problems: [] } }), []);
});

it('holds up nothing that was not asked to wait: no requirement, a first revision, one that served, the way back', () => {
  assert.deepEqual(gates({ drill: FAILED, requires: [] }), []);
  assert.deepEqual(gates({ drill: FAILED, isFirst: true }), []);
  assert.deepEqual(gates({ drill: FAILED, revision: 'old' }), []);
  assert.deepEqual(gates({ drill: FAILED, isRollback: true }), []);
});

it('keeps it out while its data is not backed up as it should be, where that is required', () => {
  const gated = (store?: Parameters<typeof gates>[0]['store']) =>
    gates({ requires: ['backup'], drill: FAILED, ...(store && { store }) }).join();
  assert.equal(gated({}), '', 'of a drill nothing is required');
  assert.match(gated(), /^rollout\.requires: there is no backup of orders yet: islet backup now orders/);
  assert.match(gated({ last: undefined }), /no backup of orders yet/);
  assert.match(
    gated({ copy: { kind: 'failed', at: 0, why: 'the disk is full', times: 1 } }),
    /fails: the disk is full/,
  );
  assert.match(gated({ log: { kind: 'waiting', since: 0, why: 'it is away' } }), /not being backed up: it is away/);
  assert.match(gated({ silentMs: 31_000 }), /the backup process does not run/);
  const both = gates({ requires: ['backup', 'drill'], drill: FAILED });
  assert.equal(both.length, 2);
});
