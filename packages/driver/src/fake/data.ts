import { DatabaseSync } from 'node:sqlite';
import type { DataDriver, StoreConnection, StoreObservation } from '../data.ts';
import { DriverError } from '../errors.ts';
import { previewWithoutHazards, readMigrations, runMigrations, sqliteMigrationStore } from '../migrations/index.ts';

/** Stores in memory: each a real SQL database, so that migrations mean what they say. */
export interface FakeData extends DataDriver {
  /** Runs SQL in a service's store, as the service would. */
  query(service: string, sql: string): readonly Readonly<Record<string, unknown>>[];
  /** The server of a service dies. */
  crash(service: string, how: string): void;
}

export interface FakeDataOptions {
  readonly engine: DataDriver['engine'];
  readonly now: () => Date;
}

interface FakeStore {
  readonly database: DatabaseSync;
  readonly port: number;
  state: { readonly kind: 'stopped'; readonly how: string | undefined } | { readonly kind: 'ready' };
}

const FIRST_PORT = 20_000;

export function createFakeData({ engine, now }: FakeDataOptions): FakeData {
  const stores = new Map<string, FakeStore>();
  const listeners = new Set<() => void>();
  let nextPort = FIRST_PORT;

  const changed = () => {
    for (const listener of listeners) listener();
  };
  const find = (service: string) => {
    const store = stores.get(service);
    if (!store) throw new DriverError('not-found', `${service} has no store`, { hint: 'provision it first' });
    return store;
  };
  const ready = (service: string) => {
    const store = find(service);
    if (store.state.kind !== 'ready') throw new DriverError('unavailable', `the store of ${service} is stopped`);
    return store;
  };
  const setState = (service: string, state: FakeStore['state']) => {
    const store = stores.get(service);
    if (!store || store.state.kind === state.kind) return;
    store.state = state;
    changed();
  };

  return {
    engine,
    provision: async ({ service }, { signal }) => {
      signal.throwIfAborted();
      if (!stores.has(service)) {
        const database = new DatabaseSync(':memory:');
        stores.set(service, { database, port: nextPort++, state: { kind: 'stopped', how: undefined } });
      }
      setState(service, { kind: 'ready' });
    },
    migrate: async ({ service, folder, within }, { signal }) => {
      const store = sqliteMigrationStore(ready(service).database, now);
      return runMigrations(store, await readMigrations(folder, within), signal);
    },
    previewMigrations: async ({ service, folder, within }, { signal }) => {
      signal.throwIfAborted();
      const store = sqliteMigrationStore(ready(service).database, now);
      return previewWithoutHazards(await readMigrations(folder, within), await store.recorded());
    },
    connection: async ({ service }) => connectionTo(service, find(service).port),
    stop: async ({ service }) => setState(service, { kind: 'stopped', how: undefined }),
    purge: async ({ service }) => {
      const store = stores.get(service);
      if (store?.state.kind === 'ready') {
        throw new DriverError('refused', `the store of ${service} runs`, { hint: 'stop it first' });
      }
      store?.database.close();
      if (stores.delete(service)) changed();
    },
    observe: async () => Object.fromEntries([...stores].map(([service, store]) => [service, observed(store)])),
    watch: (onChange) => {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
    close: async () => listeners.clear(),
    query: (service, sql) => ready(service).database.prepare(sql).all(),
    crash: (service, how) => setState(service, { kind: 'stopped', how }),
  };
}

function observed({ state, port }: FakeStore): StoreObservation {
  return state.kind === 'ready' ? { kind: 'ready', pid: undefined, port } : state;
}

function connectionTo(service: string, port: number): StoreConnection {
  const user = service.replaceAll('-', '_');
  const password = `password-of-${service}`;
  const url = `fake://${user}:${password}@127.0.0.1:${port}/${user}`;
  return { url, host: '127.0.0.1', port, user, password, name: user, path: undefined };
}
