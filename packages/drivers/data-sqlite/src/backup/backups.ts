import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type CallOptions,
  DriverError,
  type RestoreOutcome,
  type RestoreRequest,
  type ShellOutcome,
  type StoreBackups,
} from '@islet/driver';
import { handOver, isFolder, makePassage, removeIfEmpty } from '@islet/driver/owned-folder';
import { failpoint } from '../failpoint.ts';
import type { Marks } from '../marks.ts';
import type { Done } from '../work.ts';
import type { WorkerRequest } from '../worker-protocol.ts';
import type { FileOwner } from './follow-protocol.ts';
import { restoreFile } from './restore-file.ts';
import { sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  readonly marks: Marks;
  readonly folderOf: (service: string) => string;
  readonly fileOf: (service: string) => string;
  readonly ownerOf: (service: string) => Promise<FileOwner | undefined>;
  /** Throws where there is no store. */
  readonly require: (service: string) => void;
  readonly work: (service: string, task: WorkerRequest['task'], signal: AbortSignal) => Promise<Done>;
  readonly changed: () => void;
}

export function createBackups(inside: Inside): StoreBackups {
  const { marks } = inside;
  const work = async (service: string, task: WorkerRequest['task'], { signal }: CallOptions) => {
    inside.require(service);
    return inside.work(service, task, signal);
  };
  return {
    source: async ({ service }) => {
      inside.require(service);
      const mark = marks.get(service);
      // One that an older version made gets its identity now.
      if (mark !== undefined) await marks.set(service, mark);
      const identity = marks.facts(service)?.identity ?? '';
      return sourceOf({ path: inside.fileOf(service), owner: await inside.ownerOf(service), identity });
    },
    restore: (request, options) => restore(inside, request, options),
    rename: async ({ service, to }) => {
      if (marks.get(service) === 'open') {
        throw new DriverError('refused', `the SQLite file of ${service} is in use`, { hint: 'stop it first' });
      }
      await renameStore(inside, service, to);
      inside.changed();
    },
    lend: async ({ service, to }) => {
      inside.require(service);
      await handOver(inside.folderOf(service), await inside.ownerOf(to));
    },
    check: async ({ service }, options) => {
      const done = await work(service, 'check', options);
      return done.kind === 'checked' ? done.findings : [];
    },
    count: async ({ service }, options) => {
      const done = await work(service, 'count', options);
      return done.kind === 'counted' ? done.rows : {};
    },
    ask: async ({ service, query }, options) => {
      const done = await work(service, { text: query, write: false }, options);
      return done.kind === 'answered' ? firstValue(done.shell) : undefined;
    },
  };
}

async function restore(inside: Inside, request: RestoreRequest, { signal }: CallOptions): Promise<RestoreOutcome> {
  const { service } = request;
  if (inside.marks.get(service) !== undefined) {
    throw new DriverError('refused', `${service} has an SQLite file`, { hint: 'rename or purge it first' });
  }
  // Before the first effect: what is there of it can be purged.
  await inside.marks.set(service, 'restoring');
  failpoint('sqlite: after the restore is written down');
  const owner = await inside.ownerOf(service);
  const [folder, file] = [inside.folderOf(service), `${service}.db`];
  const outcome = await restoreFile({ folder, file, owner }, request, signal);
  failpoint('sqlite: after the file is restored');
  // Opened once by its owner: what can't be opened was not restored.
  await inside.work(service, 'migrate', signal);
  failpoint('sqlite: after the file was opened');
  await inside.marks.set(service, 'open');
  inside.changed();
  return outcome;
}

/** The folder, then the mark, which says what the file in it is called: an order that can be repeated from any point. */
async function renameStore({ marks, folderOf }: Inside, service: string, to: string): Promise<void> {
  if (marks.get(service) === undefined) throw new DriverError('not-found', `${service} has no SQLite file`);
  if (marks.get(to) !== undefined) {
    throw new DriverError('refused', `${to} has an SQLite file`, { hint: 'purge it first' });
  }
  const [from, into] = [folderOf(service), folderOf(to)];
  await makePassage(dirname(into));
  if (await isFolder(from)) await rename(from, into);
  await marks.rename(service, to);
  await removeIfEmpty(dirname(from));
}

function firstValue(outcome: ShellOutcome): string | undefined {
  switch (outcome.kind) {
    case 'failed':
      throw new DriverError('refused', outcome.reason);
    case 'done':
      return undefined;
    case 'rows': {
      const value = outcome.rows[0]?.[0];
      return value === undefined || value === null ? undefined : String(value);
    }
  }
}
