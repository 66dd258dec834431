import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DriverError, type RestoreOutcome, type RestoreRequest, type StoreBackups } from '@islet/driver';
import { isFolder, makeOwnedFolder, makePassage, removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import type { Records } from '@islet/driver/records';
import { runAs, type Turns } from '@islet/supervise';
import { asAdmin, asReader } from '../connect.ts';
import { type DataPlace, takePlace } from '../data-folder.ts';
import { serverRuns } from '../failures.ts';
import type { MariadbOptions } from '../options.ts';
import { requireProgram } from '../programs.ts';
import { isStarted, type MariadbRecord, newRecord, type Started } from '../record.ts';
import { ENVIRONMENT, processName, runningServer } from '../server.ts';
import { ensureStore } from '../users.ts';
import { askDatabase, checkDatabase, countRows } from './check.ts';
import { layOut, replay } from './replay.ts';
import { sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  readonly options: MariadbOptions;
  readonly records: Records<MariadbRecord>;
  readonly turns: Turns;
  readonly placeOf: (service: string) => Promise<DataPlace>;
  readonly startUntilReady: (record: MariadbRecord, signal: AbortSignal) => Promise<Started>;
  readonly setReady: (service: string) => void;
  readonly changed: () => void;
}

export function createBackups(inside: Inside): StoreBackups {
  const { records, turns, options } = inside;
  const started = (service: string): Started => {
    const found = records.get(service);
    if (isStarted(found)) return found;
    throw new DriverError('not-found', `${service} has no MariaDB server`, { hint: 'provision it first' });
  };
  return {
    source: async ({ service }) => sourceOf(started(service), await inside.placeOf(service)),
    restore: (request, { signal }) => turns.take(request.service, () => restore(inside, request, signal)),
    rename: ({ service, to }) =>
      turns.take(service, async () => {
        if (runningServer(options.supervisor, service)) throw serverRuns(service);
        await renameStore(inside, service, to);
        inside.changed();
      }),
    check: async ({ service }, { signal }) => {
      const server = started(service);
      return checkDatabase(asAdmin(server), server.name, signal);
    },
    count: async ({ service }, { signal }) => {
      const server = started(service);
      return countRows(asAdmin(server), server.name, signal);
    },
    ask: async ({ service, query }, { signal }) => askDatabase(asReader(started(service)), query, signal),
  };
}

/** All of the copy and of the log is laid out and read before a server starts on it. */
async function restore(inside: Inside, request: RestoreRequest, signal: AbortSignal): Promise<RestoreOutcome> {
  const { records, options } = inside;
  const { service, facts, bytes, log, target } = request;
  signal.throwIfAborted();
  if (records.get(service)) {
    throw new DriverError('refused', `${service} has a MariaDB server`, { hint: 'rename or purge it first' });
  }
  const { name } = facts.notes;
  if (name === undefined || facts.needs === undefined)
    throw new DriverError('damaged', 'a copy that does not say where its log goes on is none');
  const fresh = newRecord(service);
  const record: MariadbRecord = { ...fresh, name, login: name, incomplete: true };
  // Before the first effect: what is there of it can be purged.
  await records.write(record);
  const place = await inside.placeOf(service);
  const draft = `${place.data}.new`;
  await makePassage(dirname(place.data));
  await removeOwnedFolder(draft);
  await makeOwnedFolder(draft, place.user);
  const { user } = place;
  const { path } = options;
  const run = async (argv: readonly [string, ...string[]], input?: AsyncIterable<Uint8Array>) => {
    const how = { user, cwd: draft, env: ENVIRONMENT, signal };
    const { code, output } = await runAs(argv, input === undefined ? how : { ...how, input });
    if (code !== 0) throw unusable(argv[0], output);
  };
  await run([requireProgram('mbstream', path), '--extract', `--directory=${draft}`], bytes);
  await run([requireProgram('mariadb-backup', path), '--no-defaults', '--prepare', `--target-dir=${draft}`]);
  const laidOut = await layOut(log, { needs: facts.needs, folder: `${place.data}.log`, user });
  await takePlace(draft, place.data);
  const server = await inside.startUntilReady(record, signal);
  await replay(laidOut, { target, into: server, user, path, signal });
  await removeOwnedFolder(laidOut.folder);
  await ensureStore(server, signal);
  const { incomplete: _done, ...whole } = server;
  await records.write(whole);
  inside.setReady(service);
  inside.changed();
  return { kind: target.kind === 'time' && laidOut.at < target.at ? 'short' : 'restored' };
}

function unusable(program: string, output: string): DriverError {
  const reason = output.match(/^.*\[ERROR\].*$/m)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
  const code = /no space left/i.test(output) ? 'no-space' : 'damaged';
  return new DriverError(code, `${program} can't make a store from the copy: ${reason}`, {
    hint: 'restore another copy: islet backup list',
  });
}

/** In an order that can be repeated from any point: the new name's record, the folder, the old name's. */
async function renameStore({ records, options, placeOf }: Inside, service: string, to: string): Promise<void> {
  const [old, taken] = [records.get(service), records.get(to)];
  if (old === undefined) throw new DriverError('not-found', `${service} has no MariaDB server`);
  if (taken !== undefined && taken.id !== old.id)
    throw new DriverError('refused', `${to} has a MariaDB server`, { hint: 'purge it first' });
  await options.supervisor.forget(processName(service));
  await records.write({ ...old, service: to });
  const [from, into] = [(await placeOf(service)).data, (await placeOf(to)).data].map((data) => dirname(data));
  if (from === undefined || into === undefined) throw new Error('a store has a folder');
  await makePassage(dirname(into));
  if (await isFolder(join(from, 'data'))) await rename(from, into);
  await records.remove(service);
  await removeIfEmpty(dirname(from));
}
