import type { Clock } from '../clock.ts';
import type { Applied, LaunchSpec } from '../store/applied.ts';
import type { Care } from './care.ts';
import type { Overseer } from './overseer.ts';
import type { BackupFacts } from './warnings.ts';

export interface BackupFactSources {
  /** Undefined: nothing is backed up. */
  readonly backups: Overseer | undefined;
  readonly care: Care;
  readonly applied: () => Applied | undefined;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly idle: boolean;
}

/** All that is known of backups and drills now, from whoever knows it. */
export function backupFacts(sources: BackupFactSources): BackupFacts {
  const { backups, care, applied, clock, startedAt, idle } = sources;
  const drillFacts = ({ name, database }: LaunchSpec) => ({
    drill: care.drills.last(name),
    drillEveryMs: database?.engine === 'external' ? undefined : database?.drill?.everyMs,
  });
  return {
    orders: idle ? [] : (backups?.orders() ?? []),
    told: backups?.told(),
    place: backups?.place(),
    drills: new Map((applied()?.services ?? []).map(({ spec }) => [spec.name, drillFacts(spec)])),
    ...{ now: clock.now(), since: startedAt, isKeyExported: backups?.isKeyExported() ?? false },
  };
}
