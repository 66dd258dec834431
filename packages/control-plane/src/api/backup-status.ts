import type { LastCopy, StoreTold } from '@islet/backup';
import type { Answer } from '@islet/client';
import type { Engine } from '@islet/driver';
import { drillOf, keptStores } from '../backup/kept-stores.ts';
import { newestOf } from '../backup/newest.ts';
import { storeProblems } from '../backup/warnings.ts';
import type { LaunchSpec } from '../store/applied.ts';
import type { System } from '../system.ts';

type StoreStatus = Answer<'backups'>[number];

/** How the store of every service that has one is backed up. */
export function backupStatus(system: System): StoreStatus[] {
  const { parts } = system;
  const told = parts.backups?.told();
  return (parts.state.applied.current()?.services ?? []).flatMap(({ spec }) => {
    const engines = [spec.database?.engine ?? [], spec.volumes === undefined ? [] : ('files' as const)].flat();
    const kept = keptStores(spec);
    return engines.map((engine) => {
      const vault = kept.find((store) => store.engine === engine)?.vault;
      return statusOf(
        { spec, engine, vault, isFirst: kept[0]?.engine === engine },
        told?.stores.find(({ service }) => service === vault),
        system,
      );
    });
  });
}

interface StatusRequest {
  readonly spec: LaunchSpec;
  readonly engine: Engine;
  /** Undefined: it is not backed up. */
  readonly vault: string | undefined;
  /** A drill is told of once. */
  readonly isFirst: boolean;
}

function statusOf(
  { spec, engine, vault, isFirst }: StatusRequest,
  told: StoreTold | undefined,
  system: System,
): StoreStatus {
  const { name: service } = spec;
  const { parts, hands, care, context } = system;
  const canBe = hands.driverOf(engine)?.backups !== undefined;
  const state = engine === 'external' ? 'outside' : canBe ? (vault === undefined ? 'off' : 'on') : 'none';
  const known = { service, engine, state, bytes: told?.bytes ?? 0 } as const;
  if (state !== 'on') return { ...known, problems: [] };
  const now = parts.clock.now();
  const mirror = parts.backups?.told()?.mirror;
  const drill = isFirst ? care.drills.last(service) : undefined;
  const order = parts.backups?.orders().find((one) => one.service === vault);
  const drillEveryMs = isFirst ? drillOf(spec)?.everyMs : undefined;
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

/** Without a log, all that was written since the last copy began. */
function rpoOf(told: StoreTold | undefined, now: number): { readonly rpoMs?: number } {
  const since =
    told?.log.kind === 'followed' ? told.log.at : told?.log.kind === 'none' ? told.last?.startedAt : undefined;
  return since === undefined ? {} : { rpoMs: Math.max(0, now - since) };
}

function lastOf({ lacks: _problems, remarks, ...last }: LastCopy): NonNullable<StoreStatus['last']> {
  return { ...last, ...(remarks && { remarks: [...remarks] }) };
}
