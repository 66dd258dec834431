import type { Keep } from '@islet/backup';
import type { DataDriver } from '@islet/driver';
import type { DrillSpec } from '@islet/spec';
import type { LaunchSpec } from '../store/applied.ts';

/** A store of a service that is backed up. */
export interface KeptStore {
  readonly service: string;
  readonly engine: DataDriver['engine'];
  /** What its backups are called: each store has its own, with a key, a schedule and a history of its own. */
  readonly vault: string;
  readonly everyMs: number;
  readonly pitr: boolean;
  readonly keep: Keep;
}

/** The first is the one that an instant is chosen by: it has a log, where any of them has one. */
export function keptStores(spec: Pick<LaunchSpec, 'name' | 'database' | 'volumes'>): readonly KeptStore[] {
  const { name: service, database, volumes } = spec;
  const stores: KeptStore[] = [];
  if (database !== undefined && database.engine !== 'external' && database.backup !== undefined) {
    stores.push({ service, engine: database.engine, vault: service, ...database.backup });
  }
  if (volumes?.backup !== undefined) {
    stores.push({ service, engine: 'files', vault: filesVault(service), pitr: false, ...volumes.backup });
  }
  return stores;
}

export function filesVault(service: string): string {
  return `${FILES}${service}`;
}

const FILES = 'files.';

/** Whose backups a vault holds. */
export function serviceOf(vault: string): string {
  return vault.startsWith(FILES) ? vault.slice(FILES.length) : vault;
}

/** What a vault's backups are of, for people. */
export function vaultText(vault: string): string {
  return vault.startsWith(FILES) ? `the files of ${serviceOf(vault)}` : vault;
}

/** How it is proved that the backups of a service come back; undefined: it is not. */
export function drillOf(spec: Pick<LaunchSpec, 'name' | 'database' | 'volumes'>): DrillSpec | undefined {
  const { database } = spec;
  const stores = keptStores(spec);
  if (database !== undefined && stores.some(({ engine }) => engine === database.engine)) {
    return database.engine === 'external' ? undefined : database.drill;
  }
  return stores.length === 0 ? undefined : FILES_DRILL;
}

/** Of a service that keeps nothing but files. As `database.drill` is by default. */
const FILES_DRILL: DrillSpec = { everyMs: 7 * 24 * 3_600_000, maxRtoMs: 10 * 60_000, smoke: true, check: [] };
