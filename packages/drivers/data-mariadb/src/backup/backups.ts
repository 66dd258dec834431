import { dirname } from 'node:path';
import { DriverError, type RestoreOutcome, type RestoreRequest, type StoreBackups } from '@islet/driver';
import { makeOwnedFolder, makePassage, removeOwnedFolder } from '@islet/driver/owned-folder';
import { hasServer, type StoreServers, seriesIn } from '@islet/driver/server';
import { runAs } from '@islet/supervise';
import { asAdmin, asReader } from '../connect.ts';
import { type DataPlace, takePlace } from '../data-folder.ts';
import { failpoint } from '../failpoint.ts';
import { requireProgram } from '../programs.ts';
import { type MariadbRecord, newRecord, type StartedMariadb } from '../record.ts';
import { refusalOf, seriesHere } from '../series.ts';
import { ENVIRONMENT } from '../server.ts';
import { administer, ensureStore } from '../users.ts';
import { askDatabase, checkDatabase, countRows } from './check.ts';
import { layOut, replay } from './replay.ts';
import { sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  readonly servers: StoreServers<MariadbRecord>;
  /** `PATH` in which the server's programs are looked for. */
  readonly path: string;
  readonly placeOf: (service: string) => Promise<DataPlace>;
  readonly startUntilReady: (record: MariadbRecord, signal: AbortSignal) => Promise<StartedMariadb>;
}

export function createBackups(inside: Inside): StoreBackups {
  const { servers } = inside;
  const started = (service: string) => servers.started(service);
  return {
    source: async ({ service }) => sourceOf(started(service), await inside.placeOf(service)),
    restore: (request, { signal }) => servers.turns.take(request.service, () => restore(inside, request, signal)),
    rename: (request) => servers.rename(request),
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
  const { servers, path } = inside;
  const { records } = servers;
  const { service, facts, bytes, log, target } = request;
  signal.throwIfAborted();
  if (records.get(service)) throw hasServer(servers.whose(service));
  const { name } = facts.notes;
  if (name === undefined || facts.needs === undefined)
    throw new DriverError('damaged', 'a copy that does not say where its log goes on is none');
  const fresh = newRecord(service);
  const series = seriesIn(facts.notes.series ?? '');
  const made = series === undefined ? {} : { series };
  const record: MariadbRecord = { ...fresh, name, login: name, ...made, incomplete: true };
  const refused = refusalOf(service, { made: series, here: await seriesHere(path, signal), upgrade: false });
  if (refused !== undefined) throw refused;
  // Before the first effect: what is there of it can be purged.
  await records.write(record);
  failpoint('mariadb: after the restore is written down');
  const place = await inside.placeOf(service);
  const draft = `${place.data}.new`;
  await makePassage(dirname(place.data));
  await removeOwnedFolder(draft);
  await makeOwnedFolder(draft, place.user);
  const { user } = place;
  const run = async (argv: readonly [string, ...string[]], input?: AsyncIterable<Uint8Array>) => {
    const how = { user, cwd: draft, env: ENVIRONMENT, signal };
    const { code, output } = await runAs(argv, input === undefined ? how : { ...how, input });
    if (code !== 0) throw unusable(argv[0], output);
  };
  await run([requireProgram('mbstream', path), '--extract', `--directory=${draft}`], bytes);
  await run([requireProgram('mariadb-backup', path), '--no-defaults', '--prepare', `--target-dir=${draft}`]);
  failpoint('mariadb: after the copy is laid out');
  const laidOut = await layOut(log, { needs: facts.needs, folder: `${place.data}.log`, user });
  await takePlace(draft, place.data);
  failpoint('mariadb: after the log is laid out');
  const server = await inside.startUntilReady(record, signal);
  failpoint('mariadb: after the restored server is ready');
  await inHaste(server, signal, () => replay(laidOut, { target, into: server, user, path, signal }));
  failpoint('mariadb: after the log is run');
  await removeOwnedFolder(laidOut.folder);
  await ensureStore(server, signal);
  const { incomplete: _done, ...whole } = server;
  await records.write(whole);
  servers.health.setReady(service);
  servers.changed();
  return { kind: target.kind === 'time' && laidOut.at < target.at ? 'short' : 'restored' };
}

/**
 * What is run again need not be on the disk commit by commit: until all of it is, nothing of it is used. Each commit would wait for
 * the disk otherwise, and a log has thousands.
 */
async function inHaste(server: StartedMariadb, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  const flush = (each: number) =>
    administer(server, signal, async (run) => {
      await run(`SET GLOBAL innodb_flush_log_at_trx_commit = ${each}`);
      await run('FLUSH ENGINE LOGS');
    });
  await flush(0);
  await act();
  await flush(1);
}

function unusable(program: string, output: string): DriverError {
  const reason = output.match(/^.*\[ERROR\].*$/m)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
  const code = /no space left/i.test(output) ? 'no-space' : 'damaged';
  return new DriverError(code, `${program} can't make a store from the copy: ${reason}`, {
    hint: 'restore another copy: islet backup list',
  });
}
