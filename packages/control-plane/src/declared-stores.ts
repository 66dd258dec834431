import {
  type CallOptions,
  type DataDriver,
  DriverError,
  type StoreLimits,
  type StoreRequest,
  type StoreServer,
} from '@islet/driver';
import { hasAside } from './backup/aside.ts';
import type { LaunchSpec } from './store/applied.ts';

/** A store that a service declares: which driver keeps it, and what that is told. */
export interface DeclaredStore {
  readonly engine: DataDriver['engine'];
  readonly settings: NonNullable<StoreRequest['settings']>;
  readonly limits?: StoreLimits | undefined;
  readonly server?: StoreServer | undefined;
  readonly upgrade?: StoreRequest['upgrade'];
  /** Of an outside server. */
  readonly secret: string | undefined;
}

type Stores = Pick<LaunchSpec, 'database' | 'redis' | 'volumes'>;

/** Its database, its Redis, and its volumes. A cache is a Redis that is not on disk. */
export function declaredStores({ database, redis, volumes }: Stores): readonly DeclaredStore[] {
  const stores: DeclaredStore[] = [];
  if (database !== undefined) {
    const secret = database.engine === 'external' ? database.url.secret : undefined;
    const { engine, settings, limits, server, upgrade } = database;
    stores.push({ engine, settings, limits, server, ...(upgrade && { upgrade }), secret });
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
export async function missingServers(
  spec: LaunchSpec,
  data: readonly DataDriver[],
  options: CallOptions,
): Promise<readonly string[]> {
  const missing = await Promise.all(
    storesWithDrivers(spec, data).map(([{ server }, driver]) =>
      driver.missing?.({ service: spec.name, ...(server && { server }) }, options),
    ),
  );
  return missing.filter((reason) => reason !== undefined);
}

/** Of which of its stores. */
export interface StoreRefusal {
  readonly engine: DataDriver['engine'];
  readonly error: DriverError;
}

/** Why the data of a service can't be what its file asks for now. */
export async function storeRefusals(spec: LaunchSpec, data: readonly DataDriver[]): Promise<readonly StoreRefusal[]> {
  const refusals = await Promise.all(
    storesWithDrivers(spec, data).map(async ([{ engine, server, upgrade }, driver]) => {
      const wish = { service: spec.name, ...(server && { server }), ...(upgrade && { upgrade }) };
      const error = await driver.refusal?.(wish);
      return error === undefined ? [] : [{ engine, error }];
    }),
  );
  return refusals.flat();
}

/** Why it can't be taken over to that either. */
export async function upgradeRefusals(
  spec: LaunchSpec,
  data: readonly DataDriver[],
  options: CallOptions,
): Promise<readonly DriverError[]> {
  const { name: service } = spec;
  const refusals: DriverError[] = [];
  for (const [{ server }, driver] of storesWithDrivers(spec, data)) {
    if (driver.upgrade === undefined) continue;
    if (await hasAside([driver], service)) {
      const message = `the data of ${service} from before its last restore is still kept`;
      const hint = `islet restore ${service} --confirm deletes it, --undo brings it back`;
      refusals.push(new DriverError('refused', message, { hint }));
    }
    const refusal = await driver.upgrade.missing({ service, ...(server && { server }) }, options);
    if (refusal !== undefined) refusals.push(refusal);
  }
  return refusals;
}

function storesWithDrivers(spec: LaunchSpec, data: readonly DataDriver[]) {
  return declaredStores(spec).flatMap((store) => {
    const driver = data.find(({ engine }) => engine === store.engine);
    return driver === undefined ? [] : [[store, driver] as const];
  });
}
