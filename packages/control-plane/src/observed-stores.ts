import { isDeepStrictEqual } from 'node:util';
import type { DataDriver, StoreObservation } from '@islet/driver';
import type { DeclaredStore } from './declared-stores.ts';

export interface StoreSenses {
  readonly data: readonly DataDriver[];
  /** What a service declares; undefined: it is asked to be gone. */
  readonly declaredOf: (service: string) => readonly DeclaredStore[] | undefined;
}

/**
 * A service whose engine was changed has one store too many for a while: those that it declares are meant, and together they
 * are as ready as the least ready. What a service leaves behind is seen until none of it runs.
 */
export function storesOf(
  { data, declaredOf }: StoreSenses,
  engines: readonly Readonly<Record<string, StoreObservation>>[],
): Record<string, StoreObservation> {
  const services = new Set(engines.flatMap((stores) => Object.keys(stores)));
  const stores: Record<string, StoreObservation> = {};
  for (const service of services) {
    const declared = declaredOf(service);
    const seen = data.flatMap(({ engine }, index) => {
      const store = engines[index]?.[service];
      const asked = declared?.find((one) => one.engine === engine);
      if (store === undefined || (declared !== undefined && asked === undefined)) return [];
      return [asked === undefined ? store : asAsked(store, asked)];
    });
    const missing = declared !== undefined && seen.length < declared.length;
    const [one] = seen.toSorted((a, b) => (readiness(a) - readiness(b)) * (declared === undefined ? -1 : 1));
    if (one !== undefined) stores[service] = missing ? { kind: 'stopped', how: undefined } : one;
  }
  return stores;
}

/** One whose settings are to be changed is not what was asked for: provisioning it anew changes them. */
function asAsked(store: StoreObservation, { settings, limits }: DeclaredStore): StoreObservation {
  if (store.kind !== 'ready') return store;
  const isLimited = store.limits === undefined || limits === undefined || isDeepStrictEqual(store.limits, limits);
  if (isLimited && isDeepStrictEqual(store.settings ?? {}, settings)) return store;
  return { kind: 'starting' };
}

function readiness(store: StoreObservation): number {
  if (store.kind === 'stopped') return 0;
  if (store.kind === 'starting') return 1;
  // Credentials that wait to be withdrawn must be seen.
  return store.replacedAt === undefined ? 3 : 2;
}
