import { isLate, type StoreOrder, type StoreTold } from '@islet/backup';
import type { Drilled } from '../store/drilled.ts';
import type { Told } from './files.ts';

export interface BackupFacts {
  readonly orders: readonly StoreOrder[];
  readonly told: Told | undefined;
  readonly drills: ReadonlyMap<string, DrillFacts>;
  readonly now: number;
  /** Since when somebody has looked after it. */
  readonly since: number;
  /** Where the second copy goes; undefined: nowhere. */
  readonly place: string | undefined;
  /** What the file says of it; absent: nothing. */
  readonly declared?: { readonly place: string; readonly secrets: readonly string[] };
  /** The recovery key is in somebody's hands. */
  readonly isKeyExported: boolean;
}

export interface DrillFacts {
  readonly drill: Drilled | undefined;
  /** Undefined: there is none. */
  readonly drillEveryMs: number | undefined;
}

/** The log may stand still for so long before it is said: a server starts again within it. */
const LOG_GRACE_MS = 60_000;
/** The backup process tells every second. */
const SILENT_MS = 30_000;
/** A second place may be away for so long before it is said. */
const MIRROR_GRACE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** What is wrong with the backups, each a sentence with what to do. */
export function backupWarnings(facts: BackupFacts): readonly string[] {
  const { orders, told, drills, now, since, isKeyExported } = facts;
  if (orders.length === 0) return [];
  return [
    ...silence({ told, now, since }),
    ...(isKeyExported
      ? []
      : ['nobody has the recovery key, without which no backup can be read elsewhere: islet backup key export']),
    ...mirrorProblems(facts),
    ...orders.flatMap((order) => {
      const store = told?.stores.find(({ service }) => service === order.service);
      const drill = drills.get(order.service) ?? { drill: undefined, drillEveryMs: undefined };
      return storeProblems(order, store, { now, since, ...drill });
    }),
  ];
}

function silence({ told, now, since }: Pick<BackupFacts, 'told' | 'now' | 'since'>): readonly string[] {
  if (now - Math.max(told?.at ?? 0, since) <= SILENT_MS) return [];
  return ['nothing is being backed up: the backup process does not run; see logs/backup.log in the state folder'];
}

/** A store that is not backed up as it should be. */
export function backupTrouble(
  service: string,
  { told, everyMs, now, since }: Pick<BackupFacts, 'told' | 'now' | 'since'> & Pick<StoreOrder, 'everyMs'>,
): readonly string[] {
  const store = told?.stores.find((one) => one.service === service);
  if (store?.last === undefined) return [`there is no backup of ${service} yet: islet backup now ${service}`];
  return [...silence({ told, now, since }), ...copyProblems(store, everyMs, { now, since })];
}

/** A second copy that was never whole is none. */
function mirrorProblems({ place, declared, told, now }: BackupFacts): readonly string[] {
  if (place === undefined && declared !== undefined) {
    const commands = declared.secrets.map((name) => `islet secret set ${name}`).join(', ');
    return [`the copy of the backups in ${declared.place} waits for its secrets: ${commands}`];
  }
  if (place === undefined) {
    return [
      'no copy of the backups is off this machine, and its loss is the loss of all data: write backup into islet.yaml',
    ];
  }
  const mirror = told?.mirror;
  if (mirror?.kind === 'synced' || (mirror?.kind === 'behind' && mirror.why === undefined)) return [];
  if (mirror === undefined) return [`the copy of the backups in ${place} is not there yet`];
  if (now - mirror.since < MIRROR_GRACE_MS) return [];
  return [
    `the copy of the backups in ${place} is behind since ${new Date(mirror.since).toISOString()}: ${mirror.why ?? ''}`,
  ];
}

/** Of one store. */
export function storeProblems(
  { service, everyMs }: StoreOrder,
  told: StoreTold | undefined,
  { now, since, drill, drillEveryMs }: Pick<BackupFacts, 'now' | 'since'> & DrillFacts,
): readonly string[] {
  const copies = told === undefined ? [] : copyProblems(told, everyMs, { now, since });
  return [...copies, ...drillTrouble(service, { now, since, drill, drillEveryMs })];
}

/** A drill that failed, or was not made for too long. */
export function drillTrouble(
  service: string,
  { now, since, drill, drillEveryMs }: Pick<BackupFacts, 'now' | 'since'> & DrillFacts,
): readonly string[] {
  if (drillEveryMs === undefined) return [];
  if (drill !== undefined && drill.problems.length > 0) {
    return [`the backup of ${service} does not come back: ${drill.problems.join('; ')}`];
  }
  const last = Math.max(drill?.finishedAt ?? 0, drill === undefined ? since : 0);
  if (now - last <= drillEveryMs + Math.max(DAY_MS, drillEveryMs / 7)) return [];
  return [`the backup of ${service} was not proved for long: islet drill restore ${service}`];
}

function copyProblems(
  { service, copy, log, last }: StoreTold,
  everyMs: number,
  { now, since }: Pick<BackupFacts, 'now' | 'since'>,
): readonly string[] {
  const problems = (last?.lacks ?? []).map((sentence) => `the backup of ${service} lacks something: ${sentence}`);
  if (copy.kind === 'failed') problems.push(`the backup of ${service} fails: ${copy.why}`);
  else if (copy.kind === 'waiting' && isLate({ lastFinishedAt: last?.finishedAt, everyMs, since, now })) {
    problems.push(`the backup of ${service} is late: islet backup now ${service}`);
  }
  if (log.kind === 'waiting' && now - log.since > LOG_GRACE_MS) {
    problems.push(`changes of ${service} are not being backed up: ${log.why}`);
  }
  return problems;
}
