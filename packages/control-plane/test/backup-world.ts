import type { StoreTold } from '@islet/backup';
import type { KeptStore } from '../src/backup/kept-stores.ts';
import type { Clock } from '../src/clock.ts';
import type { Decision } from '../src/store/decisions.ts';

export const BEGUN = 1_000_000;
export const PITR = { everyMs: 1, pitr: true, keep: { daily: 7, weekly: 0, monthly: 0 } };
export const copiedAt = (startedAt: number): StoreTold['last'] => ({
  id: '20261127T000000000Z' as NonNullable<StoreTold['last']>['id'],
  startedAt,
  finishedAt: startedAt,
  storedBytes: 1,
  plainBytes: 1,
});
export const told = (rest: Partial<StoreTold>): StoreTold => ({
  service: 'orders',
  log: { kind: 'followed', at: BEGUN - 1 },
  copy: { kind: 'waiting', nextAt: BEGUN * 2 },
  last: copiedAt(BEGUN - 1000),
  restorable: undefined,
  bytes: 1,
  ...rest,
});
export const away = { kind: 'waiting', since: BEGUN, why: 'the server is away' } as const;

/** What the backup process tells, look by look; the last of it again and again. Time goes by with each pause. */
export function backupWorld(looks: readonly (StoreTold | undefined)[], backup: KeptStore['backup'] | 'off' = PITR) {
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
  return { asked, decided, store, parts: { backups, decisions, clock, signal } };
}
