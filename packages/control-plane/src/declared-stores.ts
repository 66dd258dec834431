import type { DataDriver, StoreLimits, StoreRequest } from '@islet/driver';
import type { LaunchSpec } from './store/applied.ts';

/** A store that a service declares: which driver keeps it, and what that is told. */
export interface DeclaredStore {
  readonly engine: DataDriver['engine'];
  readonly settings: NonNullable<StoreRequest['settings']>;
  readonly limits?: StoreLimits | undefined;
  /** Of an outside server. */
  readonly secret: string | undefined;
}

type Stores = Pick<LaunchSpec, 'database' | 'redis' | 'volumes'>;

/** Its database, its Redis, and its volumes. A cache is a Redis that is not on disk. */
export function declaredStores({ database, redis, volumes }: Stores): readonly DeclaredStore[] {
  const stores: DeclaredStore[] = [];
  if (database !== undefined) {
    const secret = database.engine === 'external' ? database.url.secret : undefined;
    stores.push({ engine: database.engine, settings: database.settings, limits: database.limits, secret });
  }
  if (redis !== undefined) {
    const { as, maxMemoryBytes, evict } = redis;
    const settings = {
      appendonly: as === 'store' ? 'yes' : 'no',
      maxmemory: String(maxMemoryBytes),
      'maxmemory-policy': evict,
    };
    stores.push({ engine: 'redis', settings, secret: undefined });
  }
  if (volumes !== undefined) {
    stores.push({ engine: 'files', settings: { folders: volumes.folders.join(' ') }, secret: undefined });
  }
  return stores;
}

/** Why its stores can't run on this machine; each a sentence with its remedy. */
export function missingServers(spec: LaunchSpec, data: readonly DataDriver[]): readonly string[] {
  const engines = declaredStores(spec).map(({ engine }) => engine);
  return data.filter(({ engine }) => engines.includes(engine)).flatMap((driver) => driver.missing?.() ?? []);
}
