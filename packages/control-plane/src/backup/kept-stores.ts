import type { DataDriver } from '@islet/driver';
import type { BackupSpec, DrillSpec } from '@islet/spec';
import type { LaunchSpec } from '../store/applied.ts';

/** A store of a service that Islet runs, as whoever backs it up and brings it back knows it. */
export interface KeptStore {
  /** Its backups are kept under this name, and people call it by it: `orders`, or of its Redis `orders.redis`. */
  readonly id: string;
  readonly service: string;
  readonly kind: StoreKind;
  readonly engine: DataDriver['engine'];
  /** Undefined: it is not backed up. */
  readonly backup: BackupSpec | undefined;
  readonly drill: DrillSpec | undefined;
}

export type StoreKind = 'database' | 'redis';

/** Its database first. Of a cache nothing is kept. */
export function keptStores({
  name,
  database,
  redis,
}: Pick<LaunchSpec, 'name' | 'database' | 'redis'>): readonly KeptStore[] {
  const stores: KeptStore[] = [];
  if (database !== undefined && database.engine !== 'external') {
    const { engine, backup, drill } = database;
    stores.push({ id: name, service: name, kind: 'database', engine, backup, drill });
  }
  if (redis?.as === 'store') {
    const { backup, drill } = redis;
    stores.push({ id: `${name}${REDIS}`, service: name, kind: 'redis', engine: 'redis', backup, drill });
  }
  return stores;
}

export function backedUpStores(spec: Pick<LaunchSpec, 'name' | 'database' | 'redis'>): readonly KeptStore[] {
  return keptStores(spec).filter(({ backup }) => backup !== undefined);
}

/** The service that a store is of, by what people call it. No service has a dot in its name. */
export function serviceOfStore(id: string): string {
  return id.endsWith(REDIS) ? id.slice(0, -REDIS.length) : id;
}

/** What people mean by a name: a service with one store is called by its own. */
export function storeNamed(spec: Pick<LaunchSpec, 'name' | 'database' | 'redis'>, id: string): KeptStore | undefined {
  const stores = keptStores(spec);
  return stores.find((store) => store.id === id) ?? (id === spec.name && stores.length === 1 ? stores[0] : undefined);
}

const REDIS = '.redis';
