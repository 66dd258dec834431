import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';
import type { StoreBackups, StoreReader } from '../backups.ts';
import type { DataDriver, StoreConnection, StoreObservation, StoreRequest } from '../data.ts';
import { DriverError } from '../errors.ts';
import { previewWithoutHazards, readMigrations, runMigrations, sqliteMigrationStore } from '../migrations/index.ts';

/** Stores in memory: each a real SQL database, so that migrations mean what they say. */
export interface FakeData extends DataDriver {
  /** Runs SQL in a service's store, as the service would. */
  query(service: string, sql: string): readonly Readonly<Record<string, unknown>>[];
  readonly reader: StoreReader;
  /** Runs SQL by what `connection` said at some time. */
  queryWith(connection: StoreConnection, sql: string): readonly Readonly<Record<string, unknown>>[];
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
  readonly identity: string;
  /** How many passwords it has had; the last one holds. */
  passwords: number;
  replacedAt: number | undefined;
  settings: StoreRequest['settings'];
  state: { readonly kind: 'stopped'; readonly how: string | undefined } | { readonly kind: 'ready' };
}

const NEW = {
  passwords: 1,
  replacedAt: undefined,
  settings: undefined,
  state: { kind: 'stopped', how: undefined },
} as const;
const FIRST_PORT = 20_000;

export function createFakeData({ engine, now }: FakeDataOptions): FakeData {
  const stores = new Map<string, FakeStore>();
  const listeners = new Set<() => void>();
  let nextPort = FIRST_PORT;

  let passwords = 0;
  const changed = () => {
    passwords++;
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
    provision: async ({ service, settings }, { signal }) => {
      signal.throwIfAborted();
      if (!stores.has(service)) {
        const database = new DatabaseSync(':memory:');
        const port = nextPort++;
        stores.set(service, { database, port, identity: `store ${port}`, ...NEW });
      }
      const store = find(service);
      store.settings = settings;
      setState(service, { kind: 'ready' });
    },
    migrate: async ({ service, folder, within, contract }, { signal }) => {
      const store = sqliteMigrationStore(ready(service).database, now);
      return runMigrations(store, await readMigrations({ folder, within, contract }), signal);
    },
    previewMigrations: async ({ service, folder, within }, { signal }) => {
      signal.throwIfAborted();
      const store = sqliteMigrationStore(ready(service).database, now);
      return previewWithoutHazards(await readMigrations({ folder, within }), await store.recorded());
    },
    connection: async ({ service }) => connectionTo(service, find(service)),
    stop: async ({ service }) => setState(service, { kind: 'stopped', how: undefined }),
    purge: async ({ service }) => {
      const store = stores.get(service);
      if (store?.state.kind === 'ready') {
        throw new DriverError('refused', `the store of ${service} runs`, { hint: 'stop it first' });
      }
      store?.database.close();
      if (stores.delete(service)) changed();
    },
    credentials: {
      rotate: async ({ service }) => {
        const store = ready(service);
        if (store.replacedAt !== undefined) return;
        store.replacedAt = now().getTime();
        store.passwords++;
        changed();
      },
      retire: async ({ service }) => {
        const store = ready(service);
        if (store.replacedAt === undefined) return;
        store.replacedAt = undefined;
        changed();
      },
    },
    passwords: {
      values: () => [...stores].flatMap(([service, store]) => passwordsOf(service, store)),
      changes: () => passwords,
    },
    observe: async () => Object.fromEntries([...stores].map(([service, store]) => [service, observed(store)])),
    backups: fakeBackups(stores, { find, ready, nextPort: () => nextPort++, changed }),
    watch: (onChange) => {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
    close: async () => listeners.clear(),
    reader: fakeReader(stores),
    query: (service, sql) => ready(service).database.prepare(sql).all(),
    queryWith: ({ port, password }, sql) => {
      const [service, store] = [...stores].find(([, store]) => store.port === port) ?? [];
      if (service === undefined || store === undefined) throw new Error('nobody listens there');
      if (!passwordsOf(service, store).some((one) => one === password)) throw new Error('no such password');
      return ready(service).database.prepare(sql).all();
    },
    crash: (service, how) => setState(service, { kind: 'stopped', how }),
  };
}

interface Registry {
  readonly find: (service: string) => FakeStore;
  readonly ready: (service: string) => FakeStore;
  readonly nextPort: () => number;
  readonly changed: () => void;
}

/** SQLite's own bytes are the copy; there is no log. */
function fakeBackups(stores: Map<string, FakeStore>, { find, ready, nextPort, changed }: Registry): StoreBackups {
  return {
    source: async ({ service }) => ({ engine: 'fake', how: { identity: find(service).identity } }),
    restore: async ({ service, bytes, target, log }, { signal }) => {
      signal.throwIfAborted();
      if (stores.has(service)) throw new DriverError('refused', `${service} has a store`, { hint: 'rename it first' });
      const database = new DatabaseSync(':memory:');
      database.deserialize(await buffer(bytes));
      for await (const _chunk of log) throw new DriverError('unsupported', 'the fake has no log');
      const port = nextPort();
      stores.set(service, { database, port, identity: `store ${port}`, ...NEW, state: { kind: 'ready' } });
      changed();
      return { kind: target.kind === 'time' ? 'short' : 'restored' };
    },
    rename: async ({ service, to }) => {
      const store = stores.get(service);
      if (!store) throw new DriverError('not-found', `${service} has no store`);
      if (store.state.kind === 'ready') throw new DriverError('refused', `the store of ${service} runs`);
      if (stores.has(to)) throw new DriverError('refused', `${to} has a store`);
      stores.delete(service);
      stores.set(to, store);
      changed();
    },
    check: async ({ service }) => {
      const found = ready(service).database.prepare('PRAGMA integrity_check').all().map(firstOf);
      return found.filter((finding) => finding !== 'ok');
    },
    count: async ({ service }) => {
      const { database } = ready(service);
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(firstOf);
      return Object.fromEntries(
        tables.map((table) => [
          table,
          Number(firstOf(database.prepare(`SELECT count(*) FROM "${table}"`).get() ?? {})),
        ]),
      );
    },
    ask: async ({ service, query }) => {
      const row = ready(service).database.prepare(query).get();
      return row && firstOf(row);
    },
  };
}

function fakeReader(stores: ReadonlyMap<string, FakeStore>): StoreReader {
  return {
    engine: 'fake',
    identity: async ({ how }) => how.identity ?? '',
    copy: async function* ({ how }, { signal }) {
      signal.throwIfAborted();
      const store = [...stores.values()].find(({ identity }) => identity === how.identity);
      if (store?.state.kind !== 'ready') throw new DriverError('unavailable', 'the store is stopped');
      yield store.database.serialize();
      return { needs: undefined, notes: {} };
    },
  };
}

function firstOf(row: object): string {
  return String(Object.values(row)[0]);
}

function observed({ state, port, replacedAt, settings }: FakeStore): StoreObservation {
  if (state.kind !== 'ready') return state;
  return {
    kind: 'ready',
    pid: undefined,
    port,
    ...(replacedAt !== undefined && { replacedAt }),
    ...(settings !== undefined && { settings }),
  };
}

function connectionTo(service: string, { port, passwords }: FakeStore): StoreConnection {
  const user = service.replaceAll('-', '_');
  const password = passwordOf(service, passwords);
  const url = `fake://${user}:${password}@127.0.0.1:${port}/${user}`;
  return { url, host: '127.0.0.1', port, user, password, name: user, path: undefined };
}

function passwordsOf(service: string, { passwords, replacedAt }: FakeStore): readonly string[] {
  const counts = replacedAt === undefined ? [passwords] : [passwords - 1, passwords];
  return counts.map((count) => passwordOf(service, count));
}

function passwordOf(service: string, count: number): string {
  return `password-${count}-of-${service}`;
}
