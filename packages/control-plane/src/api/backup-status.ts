import type { StoreTold } from '@islet/backup';
import type { Answer } from '@islet/client';
import { newestOf } from '../backup/newest.ts';
import { backupOf } from '../backup/overseer.ts';
import { storeProblems } from '../backup/warnings.ts';
import type { LaunchSpec } from '../store/applied.ts';
import type { System } from '../system.ts';

type StoreStatus = Answer<'backups'>[number];

/** How the store of every service that has one is backed up. */
export function backupStatus(system: System): StoreStatus[] {
  const { parts } = system;
  const told = parts.backups?.told();
  return (parts.state.applied.current()?.services ?? []).flatMap(({ spec }) => {
    if (spec.database === undefined) return [];
    return [
      statusOf(
        spec,
        told?.stores.find(({ service }) => service === spec.name),
        system,
      ),
    ];
  });
}

function statusOf(spec: LaunchSpec, told: StoreTold | undefined, system: System): StoreStatus {
  const { name: service, database } = spec;
  const { parts, hands, care, context } = system;
  const state = stateOf(spec, hands.dataOf(spec)?.backups !== undefined);
  const known = { service, engine: database?.engine ?? '', state, bytes: told?.bytes ?? 0 };
  if (state !== 'on') return { ...known, problems: [] };
  const now = parts.clock.now();
  const mirror = parts.backups?.told()?.mirror;
  const drill = care.drills.last(service);
  const order = parts.backups?.orders().find((one) => one.service === service);
  const drillEveryMs = database?.engine === 'external' ? undefined : database?.drill?.everyMs;
  const problems =
    order === undefined
      ? ['its store was not reached yet']
      : storeProblems(order, told, { now, since: context.startedAt, drill, drillEveryMs });
  return {
    ...known,
    problems: [...problems],
    ...(told?.last === undefined ? {} : { last: { ...told.last } }),
    ...(told?.restorable === undefined ? {} : { from: told.restorable.from, to: newestOf(told) }),
    ...(told?.log.kind === 'followed' ? { rpoMs: Math.max(0, (parts.backups?.told()?.at ?? now) - told.log.at) } : {}),
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

function stateOf(spec: LaunchSpec, canBe: boolean): StoreStatus['state'] {
  if (spec.database?.engine === 'external') return 'outside';
  if (!canBe) return 'none';
  return backupOf(spec) === undefined ? 'off' : 'on';
}
