import { createHash, randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CallOptions,
  DriverError,
  type RestoreOutcome,
  type RestoreRequest,
  type StoreBackups,
} from '@islet/driver';
import { handOver, isFolder, makePassage, type Owner, removeIfEmpty } from '@islet/driver/owned-folder';
import type { Records } from '@islet/driver/records';
import type { Turns } from '@islet/supervise';
import { failpoint } from '../failpoint.ts';
import { notThere } from '../failures.ts';
import type { FilesRecord } from '../record.ts';
import { differences } from './differences.ts';
import { type Entry, shownPath } from './entries.ts';
import { look } from './look.ts';
import { restoreFiles, volumesIn } from './restore.ts';
import { type FilesSource, sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  readonly records: Records<FilesRecord>;
  readonly turns: Turns;
  readonly folderOf: (service: string) => string;
  readonly ownerOf: (service: string) => Promise<Owner | undefined>;
  /** Throws where there are none. */
  readonly require: (service: string) => FilesRecord;
  readonly changed: () => void;
}

export function createBackups(inside: Inside): StoreBackups {
  const { turns, folderOf, ownerOf } = inside;
  /** What was restored last, as its copy says. */
  let restored: { readonly service: string; readonly entries: readonly Entry[] } | undefined;
  const sourceFor = async (service: string) => {
    const { folders, identity } = inside.require(service);
    return { root: folderOf(service), folders, owner: await ownerOf(service), identity };
  };
  return {
    source: async ({ service }) => sourceOf(await sourceFor(service)),
    restore: (request, options) =>
      turns.take(request.service, async () => {
        const { outcome, entries } = await restore(inside, request, options);
        restored = { service: request.service, entries };
        return outcome;
      }),
    rename: ({ service, to }) =>
      turns.take(service, async () => {
        if (inside.records.get(service)?.state === 'open') {
          throw new DriverError('refused', `the volumes of ${service} are in use`, { hint: 'stop it first' });
        }
        await renameVolumes(inside, service, to);
        inside.changed();
      }),
    lend: async ({ service, to }) => {
      const { folders } = inside.require(service);
      const owner = await ownerOf(to);
      for (const name of folders) await handOver(join(folderOf(service), name), owner);
    },
    check: async ({ service }, { signal }) => {
      const source = await sourceFor(service);
      if (restored?.service !== service) return [];
      return differences(restored.entries, await hashesOf(source, signal));
    },
    count: async ({ service }, { signal }) => {
      const source = await sourceFor(service);
      const paths = await pathsOf(source, signal);
      const below = (folder: string) => paths.filter((path) => path.startsWith(`${folder}/`)).length;
      return Object.fromEntries(source.folders.map((folder) => [folder, below(folder)]));
    },
    ask: async ({ service, query }, { signal }) => {
      const folder = query.replace(/\/+$/, '');
      const paths = await pathsOf(await sourceFor(service), signal);
      return String(paths.filter((path) => path === folder || path.startsWith(`${folder}/`)).length);
    },
  };
}

async function pathsOf({ root, folders, owner }: FilesSource, signal: AbortSignal): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const seen of look({ root, folders, owner, known: {}, namesOnly: true }, signal)) {
    if (seen.kind === 'file') paths.push(shownPath(seen.path));
  }
  return paths;
}

async function hashesOf(
  { root, folders, owner }: FilesSource,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  let hash = createHash('sha256');
  let path = '';
  for await (const seen of look({ root, folders, owner, known: {}, namesOnly: false }, signal)) {
    if (seen.kind === 'file') path = seen.path;
    if (seen.kind === 'file' || seen.kind === 'again') hash = createHash('sha256');
    if (seen.kind === 'data') hash.update(seen.bytes);
    if (seen.kind === 'read') hashes.set(path, hash.digest('hex'));
  }
  return hashes;
}

async function restore(
  inside: Inside,
  request: RestoreRequest,
  options: CallOptions,
): Promise<{ readonly outcome: RestoreOutcome; readonly entries: readonly Entry[] }> {
  const { records } = inside;
  const { service } = request;
  options.signal.throwIfAborted();
  if (records.get(service) !== undefined) {
    throw new DriverError('refused', `${service} has volumes`, { hint: 'rename or purge them first' });
  }
  // Before the first effect: what is there of it can be purged.
  const record = { service, identity: randomUUID(), folders: [] };
  await records.write({ ...record, state: 'restoring' });
  failpoint('files: after the restore is written down');
  const place = { folder: inside.folderOf(service), owner: await inside.ownerOf(service) };
  const entries = await restoreFiles(place, request, options);
  failpoint('files: after the files are written');
  await records.write({ ...record, folders: volumesIn(entries), state: 'open' });
  inside.changed();
  return { outcome: { kind: 'restored' }, entries };
}

/** In an order that can be repeated from any point: the new name's record, the folder, the old name's. */
async function renameVolumes({ records, folderOf }: Inside, service: string, to: string): Promise<void> {
  const [old, taken] = [records.get(service), records.get(to)];
  if (old === undefined) throw notThere(service);
  if (taken !== undefined && taken.identity !== old.identity) {
    throw new DriverError('refused', `${to} has volumes`, { hint: 'purge them first' });
  }
  const [from, into] = [folderOf(service), folderOf(to)];
  await records.write({ ...old, service: to });
  await makePassage(dirname(into));
  if (await isFolder(from)) await rename(from, into);
  await records.remove(service);
  await removeIfEmpty(dirname(from));
}
