import { once } from 'node:events';
import { createConnection } from 'node:net';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  type MigrateOutcome,
  type MigrateRequest,
  type StoreConnection,
  type StoreObservation,
  type StoreRequest,
} from '@islet/driver';
import { readMigrations } from '@islet/driver/migrations';
import { messageOf, withClient } from './connect.ts';
import { parseStoreUrl } from './external-url.ts';
import { measurePostgres } from './measure.ts';
import { migratePostgres, previewPostgres } from './migrations.ts';
import { LIMITS } from './options.ts';
import { createShell } from './shell.ts';

/**
 * Stores on servers that someone else runs. The URL is a secret: it is kept in memory only, since the control plane gives
 * it anew, and no message repeats it. Nothing of an outside server is ever stopped or deleted.
 */
export function createExternal(): DataDriver {
  return new ExternalDriver();
}

class ExternalDriver implements DataDriver {
  readonly engine = 'external';
  readonly #stores = new Map<string, { readonly connection: StoreConnection; readonly stopped: boolean }>();
  readonly #listeners = new Set<() => void>();

  async provision({ service, url }: StoreRequest, { signal }: CallOptions): Promise<void> {
    signal.throwIfAborted();
    const connection = parseStoreUrl(service, url);
    await reach(service, connection, signal);
    this.#stores.set(service, { connection, stopped: false });
    this.#changed();
  }

  async migrate(
    { service, folder, within, contract }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrateOutcome> {
    return migratePostgres(this.#postgres(service), await readMigrations({ folder, within, contract }), signal);
  }

  async previewMigrations({ service, folder, within }: MigrateRequest, { signal }: CallOptions) {
    return previewPostgres(this.#postgres(service), await readMigrations({ folder, within }), signal);
  }

  measure({ service }: { readonly service: string }, { signal }: CallOptions) {
    return measurePostgres(this.#postgres(service), signal);
  }

  readonly shell = createShell((service) => this.#postgres(service));

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    return this.#connectionOf(service);
  }

  async stop({ service }: { readonly service: string }): Promise<void> {
    const store = this.#stores.get(service);
    if (!store || store.stopped) return;
    this.#stores.set(service, { ...store, stopped: true });
    this.#changed();
  }

  async purge({ service }: { readonly service: string }): Promise<void> {
    if (this.#stores.get(service)?.stopped === false) {
      throw new DriverError('refused', `the store of ${service} is in use`, { hint: 'stop it first' });
    }
    if (this.#stores.delete(service)) this.#changed();
  }

  async observe(): Promise<Readonly<Record<string, StoreObservation>>> {
    return Object.fromEntries(
      [...this.#stores].map(([service, { connection, stopped }]) => [
        service,
        stopped ? { kind: 'stopped', how: undefined } : { kind: 'ready', pid: undefined, port: connection.port },
      ]),
    );
  }

  watch(onChange: () => void): Disposable {
    this.#listeners.add(onChange);
    return { [Symbol.dispose]: () => this.#listeners.delete(onChange) };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #postgres(service: string): { readonly connectionString: string } {
    const { url } = this.#connectionOf(service);
    if (isPostgres(url)) return { connectionString: url };
    throw new DriverError(
      'unsupported',
      `${service} is on an outside server that is no PostgreSQL: Islet speaks no other's language there`,
      {
        hint: 'use its own tools, with the URL of `islet db url`; without `database.migrations`, migrate by another tool',
      },
    );
  }

  #connectionOf(service: string): StoreConnection {
    const store = this.#stores.get(service);
    if (!store) throw new DriverError('not-found', `${service} has no store`, { hint: 'provision it first' });
    return store.connection;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** PostgreSQL is logged in to; of any other server it is known that something listens. */
async function reach(service: string, connection: StoreConnection, signal: AbortSignal): Promise<void> {
  try {
    if (isPostgres(connection.url)) {
      await withClient({ connectionString: connection.url }, signal, (client) => client.query('SELECT 1'));
    } else {
      await listens(connection, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new DriverError('unavailable', `the outside store of ${service} can't be used: ${messageOf(error)}`, {
      hint: `check that ${connection.host}:${connection.port} runs and takes this user: islet secret set`,
    });
  }
}

async function listens({ host, port }: StoreConnection, signal: AbortSignal): Promise<void> {
  const socket = createConnection({ host: host ?? 'localhost', port: port ?? 0 });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.connectMs)]) });
  } finally {
    socket.destroy();
  }
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}
