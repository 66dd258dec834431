import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  layoutOf,
  type MigrateOutcome,
  type MigrateRequest,
  type MigrationPreview,
  SHELL_LIMITS,
  type StoreBackups,
  type StoreConnection,
  type StoreMeasures,
  type StoreMetrics,
  type StoreObservation,
  type StoreRequest,
  type StoreShell,
} from '@islet/driver';
import { readMigrations } from '@islet/driver/migrations';
import { makeOwnedFolder, makePassage, removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import { serviceUser } from '@islet/supervise';
import { createBackups } from './backup/backups.ts';
import { unfinishedRestore } from './failures.ts';
import { type Mark, Marks } from './marks.ts';
import type { SqliteOptions } from './options.ts';
import { type Done, work } from './work.ts';
import type { WorkerRequest } from './worker-protocol.ts';

/** An SQLite file for each service, in a folder that only the service's user can enter. */
export function createSqlite(options: SqliteOptions): DataDriver {
  return new SqliteDriver(options);
}

class SqliteDriver implements DataDriver {
  readonly engine = 'sqlite';
  readonly #options: SqliteOptions;
  readonly #marks: Marks;
  readonly #listeners = new Set<() => void>();
  readonly backups: StoreBackups;

  constructor(options: SqliteOptions) {
    this.#options = options;
    this.#marks = new Marks(join(options.layout.state, 'sqlite'));
    this.backups = createBackups({
      marks: this.#marks,
      folderOf: (service) => this.#folderOf(service),
      fileOf: (service) => this.#fileOf(service),
      ownerOf: (service) => serviceUser({ system: this.#options.system, service }),
      require: (service) => this.#require(service),
      work: (service, task, signal) => this.#work(service, { task, migrations: [] }, signal),
      changed: () => this.#changed(),
    });
  }

  async provision({ service }: StoreRequest, { signal }: CallOptions): Promise<void> {
    signal.throwIfAborted();
    if (this.#marks.get(service) === 'restoring') throw unfinishedRestore(service);
    const owner = await serviceUser({ system: this.#options.system, service });
    const folder = this.#folderOf(service);
    await makePassage(dirname(folder));
    await makeOwnedFolder(folder, owner);
    await this.#work(service, { task: 'migrate', migrations: [] }, signal);
    await this.#mark(service, 'open');
  }

  async migrate(
    { service, folder, within, contract }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrateOutcome> {
    this.#require(service);
    const done = await this.#work(
      service,
      { task: 'migrate', migrations: await readMigrations({ folder, within, contract }) },
      signal,
    );
    return done.kind === 'done' ? done.outcome : unexpected(done);
  }

  async previewMigrations(
    { service, folder, within }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrationPreview> {
    this.#require(service);
    const done = await this.#work(
      service,
      { task: 'preview', migrations: await readMigrations({ folder, within }) },
      signal,
    );
    return done.kind === 'previewed' ? done.preview : unexpected(done);
  }

  readonly shell: StoreShell = {
    run: async ({ service, text, write }, { signal }) => {
      this.#require(service);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(SHELL_LIMITS.runMs)]);
      const done = await this.#work(service, { task: { text, write }, migrations: [] }, limit);
      return done.kind === 'answered' ? done.shell : unexpected(done);
    },
    seed: async ({ service, folder, within }, { signal }) => {
      this.#require(service);
      const done = await this.#work(
        service,
        { task: 'seed', migrations: await readMigrations({ folder, within }) },
        signal,
      );
      return done.kind === 'seeded' ? done.seed : unexpected(done);
    },
  };

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    this.#require(service);
    const path = this.#fileOf(service);
    return {
      url: `sqlite:///${path}`,
      path,
      host: undefined,
      port: undefined,
      user: undefined,
      password: undefined,
      name: undefined,
    };
  }

  async measure({ service }: { readonly service: string }, { signal }: CallOptions): Promise<StoreMeasures> {
    this.#require(service);
    const done = await this.#work(service, { task: 'measure', migrations: [] }, signal);
    return done.kind === 'measured' ? done.measures : unexpected(done);
  }

  async stop({ service }: { readonly service: string }): Promise<void> {
    if (this.#marks.get(service) === 'open') await this.#mark(service, 'stopped');
  }

  async purge({ service }: { readonly service: string }): Promise<void> {
    const mark = this.#marks.get(service);
    if (mark === 'open') {
      throw new DriverError('refused', `the SQLite file of ${service} is in use`, { hint: 'stop it first' });
    }
    if (mark === undefined) return;
    await removeOwnedFolder(`${this.#folderOf(service)}.new`);
    await removeOwnedFolder(this.#folderOf(service));
    await removeIfEmpty(dirname(this.#folderOf(service)));
    // Last: as long as it is there, the store is observed, and the purge is asked for again.
    await this.#marks.remove(service);
    this.#changed();
  }

  /** Asked of the file system, and not of the file: nobody is in the service's way. */
  async metrics({ service }: { readonly service: string }): Promise<StoreMetrics> {
    this.#require(service);
    const sizeOf = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0;
    const file = this.#fileOf(service);
    return { 'db.size': await sizeOf(file), 'db.wal.retained': await sizeOf(`${file}-wal`) };
  }

  async observe(): Promise<Readonly<Record<string, StoreObservation>>> {
    return Object.fromEntries(
      [...this.#marks.all()].map(([service, mark]) => [service, this.#observed(service, mark)]),
    );
  }

  watch(onChange: () => void): Disposable {
    this.#listeners.add(onChange);
    return { [Symbol.dispose]: () => this.#listeners.delete(onChange) };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #observed(service: string, mark: Mark): StoreObservation {
    switch (mark) {
      case 'open': {
        const identity = this.#marks.facts(service)?.identity;
        return { kind: 'ready', pid: undefined, port: undefined, ...(identity !== undefined && { identity }) };
      }
      case 'stopped':
        return { kind: 'stopped', how: undefined };
      case 'restoring':
        return { kind: 'stopped', how: 'a restore of it did not finish' };
    }
  }

  async #work(service: string, what: Pick<WorkerRequest, 'task' | 'migrations'>, signal: AbortSignal): Promise<Done> {
    const owner = await serviceUser({ system: this.#options.system, service });
    return work({ file: this.#fileOf(service), owner, ...what }, signal);
  }

  async #mark(service: string, mark: Mark): Promise<void> {
    await this.#marks.set(service, mark);
    this.#changed();
  }

  #require(service: string): void {
    const mark = this.#marks.get(service);
    if (mark === 'restoring') throw unfinishedRestore(service);
    if (mark !== undefined) return;
    throw new DriverError('not-found', `${service} has no SQLite file`, { hint: 'provision it first' });
  }

  #folderOf(service: string): string {
    return layoutOf.data(this.#options.layout, service);
  }

  #fileOf(service: string): string {
    return join(this.#folderOf(service), this.#marks.facts(service)?.file ?? `${service}.db`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function unexpected({ kind }: Done): never {
  throw new DriverError('internal', `the worker was asked for something else than what it did: ${kind}`);
}
