import { type DataDriver, DriverError } from '@islet/driver';
import { backedUpStores } from './backup/kept-stores.ts';
import { markUpgradePoint } from './backup/upgrade-point.ts';
import { declaredStores } from './declared-stores.ts';
import type { Hands } from './execute.ts';
import type { LaunchSpec } from './store/applied.ts';

/** Makes and starts what a service declares to keep its data in. */
export async function provision(spec: LaunchSpec, hands: Hands, signal: AbortSignal): Promise<void> {
  const { name: service } = spec;
  await Promise.all(
    declaredStores(spec).map(({ engine, settings, limits, server, upgrade, secret }) => {
      const url = secret === undefined ? undefined : hands.secrets.get(secret);
      const driver = hands.driverOf(engine);
      if (driver === undefined) throw new DriverError('unsupported', `nothing here keeps a store of ${engine}`);
      return driver.provision(
        {
          service,
          url,
          settings,
          ...(limits && { limits }),
          ...(server && { server }),
          ...(upgrade && { upgrade }),
          ...(upgrade === 'in-place' && { beforeUpgrade: (to) => backUpBefore(to, engine, { spec, hands, signal }) }),
        },
        { signal },
      );
    }),
  );
}

/** What a newer server has begun with leads back by nothing but a backup. */
async function backUpBefore(
  to: string,
  engine: DataDriver['engine'],
  { spec, hands, signal }: { readonly spec: LaunchSpec; readonly hands: Hands; readonly signal: AbortSignal },
): Promise<void> {
  const store = backedUpStores(spec).find((one) => one.engine === engine);
  if (store !== undefined) await markUpgradePoint(store, to, { ...hands, signal });
}

/** Its address is a secret, which may have been set anew since the store was reached last. */
export async function refreshOutsideStore(spec: LaunchSpec, hands: Hands, signal: AbortSignal): Promise<void> {
  if (spec.database?.engine === 'external') await provision(spec, hands, signal);
}

export function dataFor(spec: LaunchSpec, hands: Hands): DataDriver {
  const driver = hands.dataOf(spec);
  if (driver === undefined) throw new DriverError('unsupported', `${spec.name} declares no store`);
  return driver;
}
