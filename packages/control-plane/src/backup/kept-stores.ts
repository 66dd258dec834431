import type { Keep } from '@islet/backup';
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
  readonly backup: (Omit<BackupSpec, 'keep'> & { readonly keep: Keep }) | undefined;
  readonly drill: DrillSpec | undefined;
}

export type StoreKind = 'database' | 'redis' | 'files';

type Stores = Pick<LaunchSpec, 'name' | 'database' | 'redis' | 'volumes'>;

/** Its database first. Of a cache nothing is kept. */
export function keptStores({ name, database, redis, volumes }: Stores): readonly KeptStore[] {
  const stores: KeptStore[] = [];
  if (database !== undefined && database.engine !== 'external') {
    const { engine, backup, drill } = database;
    stores.push({ id: name, service: name, kind: 'database', engine, backup, drill });
  }
  if (redis?.as === 'store') {
    const { backup, drill } = redis;
    stores.push({ id: `${name}${SUFFIX.redis}`, service: name, kind: 'redis', engine: 'redis', backup, drill });
  }
  if (volumes !== undefined) {
    const backup = volumes.backup && { ...volumes.backup, pitr: false };
    // With a database that is backed up they come back, and are proved by its drill.
    const isAlone = !stores.some((store) => store.kind === 'database' && store.backup !== undefined);
    const drill = isAlone ? FILES_DRILL : undefined;
    stores.push({ id: `${name}${SUFFIX.files}`, service: name, kind: 'files', engine: 'files', backup, drill });
  }
  return stores;
}

/** As `database.drill` is by default. */
const FILES_DRILL: DrillSpec = { everyMs: 7 * 24 * 3_600_000, maxRtoMs: 10 * 60_000, smoke: true, check: [] };

export function backedUpStores(spec: Stores): readonly KeptStore[] {
  return keptStores(spec).filter(({ backup }) => backup !== undefined);
}

/** Stores by what comes back together, as of one moment: a database and the files that it names; and each other alone. */
export function partiesOf(stores: readonly KeptStore[]): readonly (readonly [KeptStore, ...KeptStore[]])[] {
  const database = stores.find(({ kind, backup }) => kind === 'database' && backup !== undefined);
  const isCompany = ({ kind, backup }: KeptStore) => database !== undefined && kind === 'files' && backup !== undefined;
  return stores
    .filter((store) => !isCompany(store))
    .map((store) => (store === database ? [store, ...stores.filter(isCompany)] : [store]));
}

/** What is meant by one of its names. */
export function partyOf(spec: Stores, store: KeptStore): readonly [KeptStore, ...KeptStore[]] {
  return partiesOf(keptStores(spec)).find(([first]) => first.id === store.id) ?? [store];
}

/** The service that a store is of, by what people call it. No service has a dot in its name. */
export function serviceOfStore(id: string): string {
  const suffix = Object.values(SUFFIX).find((one) => id.endsWith(one)) ?? '';
  return id.slice(0, id.length - suffix.length);
}

/** What people mean by a name: a service with one store is called by its own. */
export function storeNamed(spec: Stores, id: string): KeptStore | undefined {
  const stores = keptStores(spec);
  return stores.find((store) => store.id === id) ?? (id === spec.name && stores.length === 1 ? stores[0] : undefined);
}

/** What to say to whoever names a service with several stores, none of which has its name. Undefined: it is another mistake. */
export function whichOf(spec: Stores, name: string): string | undefined {
  const stores = keptStores(spec);
  if (name !== spec.name || stores.length < 2 || stores.some(({ id }) => id === name)) return undefined;
  return `say which of its stores is meant: ${stores.map(({ id }) => id).join(', or ')}`;
}

const SUFFIX = { redis: '.redis', files: '.files' } as const;
