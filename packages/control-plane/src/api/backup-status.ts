import type { LastCopy, StoreTold } from '@islet/backup';
import type { Answer } from '@islet/client';
import { asideOf } from '../backup/aside.ts';
import { type KeptStore, keptStores } from '../backup/kept-stores.ts';
import { newestOf } from '../backup/newest.ts';
import { storeProblems } from '../backup/warnings.ts';
import type { System } from '../system.ts';

type StoreStatus = Answer<'backups'>[number];

/** How every store of every service is backed up. */
export function backupStatus(system: System): StoreStatus[] {
  const { parts } = system;
  const told = parts.backups?.told();
  return (parts.state.applied.current()?.services ?? []).flatMap(({ spec }) => {
    const { name, database } = spec;
    const outside =
      database?.engine === 'external'
        ? [{ service: name, engine: database.engine, state: 'outside' as const, bytes: 0, problems: [] }]
        : [];
    const toldOf = (id: string) => told?.stores.find(({ service }) => service === id);
    return [...outside, ...keptStores(spec).map((store) => statusOf(store, toldOf(store.id), system))];
  });
}

/** The same, and whether what was there before a restore is still kept. */
export async function backupStatusWithAside(system: System): Promise<StoreStatus[]> {
  const { parts } = system;
  const seen = new Map(await Promise.all(parts.data.map(async (one) => [one.engine, await one.observe()] as const)));
  const aside = new Set(
    (parts.state.applied.current()?.services ?? [])
      .flatMap(({ spec }) => keptStores(spec))
      .filter(({ engine, service }) => seen.get(engine)?.[asideOf(service)] !== undefined)
      .map(({ id }) => id),
  );
  return backupStatus(system).map((status) => (aside.has(status.service) ? { ...status, aside: true } : status));
}

function statusOf(store: KeptStore, told: StoreTold | undefined, system: System): StoreStatus {
  const { id: service, engine } = store;
  const { parts, hands, care, context } = system;
  const state = stateOf(store, hands.driverOf(engine)?.backups !== undefined);
  const known = { service, engine, state, bytes: told?.bytes ?? 0 };
  if (state !== 'on') return { ...known, problems: [] };
  const now = parts.clock.now();
  const mirror = parts.backups?.told()?.mirror;
  const drill = care.drills.last(service);
  const order = parts.backups?.orders().find((one) => one.service === service);
  const drillEveryMs = store.drill?.everyMs;
  const problems =
    order === undefined
      ? ['its store was not reached yet']
      : storeProblems(order, told, { now, since: context.startedAt, drill, drillEveryMs });
  return {
    ...known,
    problems: [...problems],
    ...(told?.last === undefined ? {} : { last: lastOf(told.last) }),
    ...(told?.restorable === undefined ? {} : { from: told.restorable.from, to: newestOf(told) }),
    ...rpoOf(told, parts.backups?.told()?.at ?? now),
    ...(told?.copy.kind === 'waiting' ? { nextAt: told.copy.nextAt } : {}),
    ...(told?.copy.kind === 'copying' ? { copyingSince: told.copy.since } : {}),
    ...(mirror?.kind === 'synced' ? { mirroredAt: mirror.at } : {}),
    ...(told?.copy.kind === 'failed' ? { failedAt: told.copy.at } : {}),
    ...(drill === undefined
      ? {}
      : {
          drill: {
            at: drill.finishedAt,
            passed: drill.problems.length === 0,
            ...(drill.rtoMs === undefined ? {} : { rtoMs: drill.rtoMs }),
          },
        }),
  };
}

function stateOf({ backup }: KeptStore, canBe: boolean): StoreStatus['state'] {
  if (!canBe) return 'none';
  return backup === undefined ? 'off' : 'on';
}

/** Without a log, all that was written since the last copy began. */
function rpoOf(told: StoreTold | undefined, now: number): { readonly rpoMs?: number } {
  const { log, last } = told ?? {};
  const since = log?.kind === 'followed' ? log.at : log?.kind === 'none' ? last?.startedAt : undefined;
  return since === undefined ? {} : { rpoMs: Math.max(0, now - since) };
}

function lastOf({ lacks: _problems, remarks, ...last }: LastCopy): NonNullable<StoreStatus['last']> {
  return { ...last, ...(remarks && { remarks: [...remarks] }) };
}
