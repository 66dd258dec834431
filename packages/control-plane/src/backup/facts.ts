import type { Clock } from '../clock.ts';
import type { Applied } from '../store/applied.ts';
import type { Care } from './care.ts';
import { backedUpStores, type KeptStore } from './kept-stores.ts';
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
  const to = applied()?.backup;
  const drillFacts = ({ id, drill }: KeptStore) => ({ drill: care.drills.last(id), drillEveryMs: drill?.everyMs });
  const stores = (applied()?.services ?? []).flatMap(({ spec }) => backedUpStores(spec));
  return {
    orders: idle ? [] : (backups?.orders() ?? []),
    told: backups?.told(),
    place: backups?.place(),
    ...(to && {
      declared: { place: `s3://${to.bucket}/${to.prefix}`, secrets: [to.accessKey.secret, to.secretKey.secret] },
    }),
    drills: new Map(stores.map((store) => [store.id, drillFacts(store)])),
    now: clock.now(),
    since: startedAt,
    isKeyExported: backups?.isKeyExported() ?? false,
  };
}
