import type { Clock } from '../clock.ts';
import type { Applied, LaunchSpec } from '../store/applied.ts';
import type { Care } from './care.ts';
import { drillOf, keptStores } from './kept-stores.ts';
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
  const drillFacts = (spec: LaunchSpec) => ({
    drill: care.drills.last(spec.name),
    drillEveryMs: drillOf(spec)?.everyMs,
  });
  return {
    orders: idle ? [] : (backups?.orders() ?? []),
    told: backups?.told(),
    place: backups?.place(),
    // Told once, of the first store: one drill proves all of a service.
    drills: new Map(
      (applied()?.services ?? []).map(({ spec }) => [keptStores(spec)[0]?.vault ?? spec.name, drillFacts(spec)]),
    ),
    ...{ now: clock.now(), since: startedAt, isKeyExported: backups?.isKeyExported() ?? false },
  };
}
