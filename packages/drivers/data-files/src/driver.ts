import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  layoutOf,
  type StoreBackups,
  type StoreConnection,
  type StoreObservation,
  type StoreRequest,
} from '@islet/driver';
import { makeOwnedFolder, makePassage, removeIfEmpty } from '@islet/driver/owned-folder';
import { Records } from '@islet/driver/records';
import { serviceUser, Turns } from '@islet/supervise';
import { createBackups } from './backup/backups.ts';
import { noMigrations, notThere, unfinishedRestore } from './failures.ts';
import type { FilesOptions } from './options.ts';
import { type FilesRecord, foldersText, parseFolders } from './record.ts';
import { removeVolumes } from './remove-volumes.ts';

/** Folders of a service, each of which only the service's own user can enter. */
export function createFiles(options: FilesOptions): DataDriver {
  return new FilesDriver(options);
}

class FilesDriver implements DataDriver {
  readonly engine = 'files';
  readonly backups: StoreBackups;
  readonly #options: FilesOptions;
  readonly #records: Records<FilesRecord>;
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#records = new Records(join(options.layout.state, 'files'));
    this.backups = createBackups({
      records: this.#records,
      turns: this.#turns,
      folderOf: (service) => this.#folderOf(service),
      ownerOf: (service) => serviceUser({ system: options.system, service }),
      require: (service) => this.#require(service),
      changed: () => this.#changed(),
    });
  }

  async provision({ service, settings = {} }: StoreRequest, { signal }: CallOptions): Promise<void> {
    await this.#turns.take(service, async () => {
      signal.throwIfAborted();
      const before = this.#records.get(service);
      if (before?.state === 'restoring') throw unfinishedRestore(service);
      const folders = parseFolders(settings.folders);
      const owner = await serviceUser({ system: this.#options.system, service });
      const folder = this.#folderOf(service);
      // Those that are asked for no more stay: nobody has asked for their end.
      const known = before ?? { service, identity: randomUUID(), folders: [], state: 'stopped' };
      await this.#write(known);
      await makePassage(folder);
      for (const name of folders) await makeOwnedFolder(join(folder, name), owner);
      await this.#write({ ...known, folders, state: 'open' });
    });
  }

  async migrate({ service }: { readonly service: string }): Promise<never> {
    throw noMigrations(service);
  }

  async previewMigrations({ service }: { readonly service: string }): Promise<never> {
    throw noMigrations(service);
  }

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    this.#require(service);
    const path = this.#folderOf(service);
    const nobody = { host: undefined, port: undefined, user: undefined, password: undefined, name: undefined };
    return { url: `file://${path}`, path, ...nobody };
  }

  async stop({ service }: { readonly service: string }): Promise<void> {
    await this.#turns.take(service, async () => {
      const record = this.#records.get(service);
      if (record?.state === 'open') await this.#write({ ...record, state: 'stopped' });
    });
  }

  async purge({ service }: { readonly service: string }): Promise<void> {
    await this.#turns.take(service, async () => {
      const record = this.#records.get(service);
      if (record === undefined) return;
      if (record.state === 'open') {
        throw new DriverError('refused', `the volumes of ${service} are in use`, { hint: 'stop it first' });
      }
      const folder = this.#folderOf(service);
      for (const one of [`${folder}.new`, folder]) await removeVolumes(one);
      await removeIfEmpty(dirname(folder));
      // Last: as long as it is there, the volumes are observed, and the purge is asked for again.
      await this.#records.remove(service);
      this.#changed();
    });
  }

  async observe(): Promise<Readonly<Record<string, StoreObservation>>> {
    return Object.fromEntries(this.#records.all().map((record) => [record.service, observed(record)]));
  }

  watch(onChange: () => void): Disposable {
    this.#listeners.add(onChange);
    return { [Symbol.dispose]: () => this.#listeners.delete(onChange) };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  async #write(record: FilesRecord): Promise<void> {
    if (isDeepStrictEqual(this.#records.get(record.service), record)) return;
    await this.#records.write(record);
    this.#changed();
  }

  #require(service: string): FilesRecord {
    const record = this.#records.get(service);
    if (record === undefined) throw notThere(service);
    if (record.state === 'restoring') throw unfinishedRestore(service);
    return record;
  }

  #folderOf(service: string): string {
    return layoutOf.volumes(this.#options.layout, service);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function observed({ state, identity, folders }: FilesRecord): StoreObservation {
  switch (state) {
    case 'open':
      return { kind: 'ready', pid: undefined, port: undefined, identity, settings: { folders: foldersText(folders) } };
    case 'stopped':
      return { kind: 'stopped', how: undefined };
    case 'restoring':
      return { kind: 'stopped', how: 'a restore of it did not finish' };
  }
}
