import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  type StoreBackups,
  type StoreConnection,
  type StoreCredentials,
  type StoreObservation,
  type StoreRequest,
} from '@islet/driver';
import { isFolder, makeOwnedFolder, makePassage } from '@islet/driver/owned-folder';
import { Records } from '@islet/driver/records';
import { logSize, Readiness, removeLogs, Turns } from '@islet/supervise';
import { writeAccess } from './access.ts';
import { createBackups } from './backup/backups.ts';
import { HOST } from './client.ts';
import { createCredentials } from './credentials.ts';
import {
  endedAtStart,
  lostData,
  lostRecord,
  noMigrations,
  serverRuns,
  strangerInside,
  unfinishedRestore,
} from './failures.ts';
import { measureRedis, metricsOfRedis } from './measure.ts';
import { LIMITS, type RedisOptions } from './options.ts';
import { placeOf, removeStore, type StorePlace } from './place.ts';
import { missingServer, requireServer } from './program.ts';
import { isStarted, loginOf, newRecord, type RedisRecord, type Started, startedAgain } from './records.ts';
import { complaintOf, processName, runningServer, serverArguments, untilReady } from './server.ts';
import { changeSettings, type Settings } from './settings.ts';
import { createShell } from './shell.ts';

/** A Redis (or Valkey) server for each service: its own data, users, port and log, kept by the supervisor. */
export function createRedis(options: RedisOptions): DataDriver {
  return new RedisDriver(options);
}

class RedisDriver implements DataDriver {
  readonly engine = 'redis';
  readonly backups: StoreBackups;
  readonly credentials: StoreCredentials;
  readonly #options: RedisOptions;
  readonly #records: Records<RedisRecord>;
  readonly #readiness: Readiness<Started>;
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();
  readonly #exits: Disposable;

  constructor(options: RedisOptions) {
    this.#options = options;
    this.#records = new Records(join(options.layout.state, 'redis'));
    this.#readiness = new Readiness(options.supervisor, { processName, untilReady, onChange: () => this.#changed() });
    const lent = {
      options,
      records: this.#records,
      turns: this.#turns,
      started: (service: string) => this.#started(service),
      changed: () => this.#changed(),
    };
    this.backups = createBackups({
      ...lent,
      startUntilReady: (record, settings, signal) => this.#startUntilReady(record, settings, signal),
      setReady: (service) => this.#readiness.setReady(service),
    });
    this.credentials = createCredentials(lent);
    this.#exits = options.supervisor.onExit((name) => {
      if (this.#records.all().some(({ service }) => processName(service) === name)) this.#changed();
    });
  }

  async missing(): Promise<string | undefined> {
    return missingServer(this.#options.path);
  }

  async provision({ service, settings = {} }: StoreRequest, { signal }: CallOptions): Promise<void> {
    await this.#turns.take(service, async () => {
      signal.throwIfAborted();
      const record = this.#records.get(service) ?? (await this.#newRecord(service));
      if (record.incomplete) throw unfinishedRestore(service);
      if (this.#readiness.isReady(service)) return this.#configure(record, settings, signal);
      await this.#startUntilReady(record, settings, signal);
      this.#readiness.setReady(service);
      this.#changed();
    });
  }

  async migrate({ service }: { readonly service: string }): Promise<never> {
    throw noMigrations(service);
  }

  readonly previewMigrations: DataDriver['previewMigrations'] = this.migrate;

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    const started = this.#started(service);
    const { port } = started;
    const { login, password } = loginOf(started);
    const url = `redis://${login}:${password}@${HOST}:${port}/0`;
    return { url, host: HOST, port, user: login, password, name: '0', path: undefined };
  }

  readonly measure: NonNullable<DataDriver['measure']> = ({ service }, { signal }) =>
    measureRedis(this.#started(service), signal);
  readonly metrics: NonNullable<DataDriver['metrics']> = ({ service }, { signal }) =>
    metricsOfRedis(this.#started(service), signal);

  readonly shell = createShell((service) => this.#started(service));

  async stop({ service }: { readonly service: string }): Promise<void> {
    await this.#turns.take(service, async () => {
      const name = processName(service);
      await this.#options.supervisor.stop(name, { graceMs: LIMITS.stopGraceMs, signal: 'SIGTERM' });
      await this.#options.supervisor.forget(name);
      this.#changed();
    });
  }

  async purge({ service }: { readonly service: string }): Promise<void> {
    await this.#turns.take(service, async () => {
      const state = this.#options.supervisor.observe().get(processName(service));
      if (state !== undefined && state.kind !== 'exited') throw serverRuns(service);
      if (!this.#records.get(service)) return;
      await this.#options.supervisor.forget(processName(service));
      const place = await placeOf(this.#options, service);
      await removeStore(place);
      await removeLogs(place.log);
      // Last: as long as it is there, the store is observed, and the purge is asked for again.
      await this.#records.remove(service);
      this.#changed();
    });
  }

  async observe(): Promise<Readonly<Record<string, StoreObservation>>> {
    const states = this.#options.supervisor.observe();
    return Object.fromEntries(
      this.#records.all().map((record) => {
        const state = states.get(processName(record.service));
        if (state?.kind === 'running') return [record.service, this.#observeRunning(record, state.pid)];
        return [record.service, { kind: 'stopped', how: state?.kind === 'exited' ? state.how : undefined }];
      }),
    );
  }

  watch(onChange: () => void): Disposable {
    this.#listeners.add(onChange);
    return { [Symbol.dispose]: () => this.#listeners.delete(onChange) };
  }

  async close(): Promise<void> {
    this.#exits[Symbol.dispose]();
    this.#listeners.clear();
    await this.#readiness.close();
  }

  #observeRunning(record: RedisRecord, pid: number): StoreObservation {
    const { service, port, replaced, settings, incomplete } = record;
    if (incomplete) return { kind: 'stopped', how: 'a restore of it did not finish' };
    if (this.#readiness.isReady(service)) {
      return { kind: 'ready', pid, port, ...(replaced && { replacedAt: replaced.at }), ...(settings && { settings }) };
    }
    if (isStarted(record)) this.#readiness.check(record);
    return { kind: 'starting' };
  }

  /** Starts what doesn't run, and waits. */
  async #startUntilReady(record: RedisRecord, settings: Settings, signal: AbortSignal): Promise<Started> {
    const { supervisor } = this.#options;
    const { service } = record;
    const place = await placeOf(this.#options, service);
    const logFrom = await logSize(place.log);
    const started = await this.#ensureStarted(record, place, settings);
    const isAlive = () => runningServer(supervisor, service) !== undefined;
    const readiness = await untilReady(started, { isAlive, signal });
    if (readiness === 'ready') return started;
    if (readiness === 'rejected') throw strangerInside(service);
    throw endedAtStart(service, await complaintOf(place.log, logFrom));
  }

  async #ensureStarted(record: RedisRecord, place: StorePlace, settings: Settings): Promise<Started> {
    const { supervisor, ports, path, log } = this.#options;
    const { service } = record;
    if (runningServer(supervisor, service) && isStarted(record)) return record;
    const program = requireServer(path);
    const { data, accessFile, user } = place;
    // Of a cache nothing is kept on disk anyway.
    const isKept = ![record.settings, settings].some((some) => some?.appendonly === 'no');
    if (isStarted(record) && isKept && !(await isFolder(data))) throw lostData(service, data);
    await makePassage(place.folder);
    await makeOwnedFolder(data, user);
    // On disk before the server listens there: whoever adopts it must find it.
    const started: Started = { ...startedAgain(record, await ports.take(processName(service))), settings };
    await this.#records.write(started);
    await writeAccess(place, started);
    const { port } = started;
    await supervisor.start({
      name: processName(service),
      argv: [program, ...serverArguments({ data, accessFile, port, settings })],
      cwd: data,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      user,
      log: place.log,
      limits: { cpu: undefined, memoryBytes: undefined },
    });
    log.info({ service, port }, 'Redis server started');
    return started;
  }

  async #configure(record: RedisRecord, settings: Settings, signal: AbortSignal): Promise<void> {
    if (!isStarted(record) || isDeepStrictEqual(record.settings ?? {}, settings)) return;
    await changeSettings(record, settings, signal);
    await this.#records.write({ ...record, settings });
    this.#changed();
  }

  async #newRecord(service: string): Promise<RedisRecord> {
    const { folder } = await placeOf(this.#options, service);
    if (await isFolder(folder)) throw lostRecord(service, folder);
    const record = newRecord(service);
    await this.#records.write(record);
    return record;
  }

  #started(service: string): Started {
    const record = this.#records.get(service);
    if (isStarted(record)) return record;
    throw new DriverError('not-found', `${service} has no Redis server`, { hint: 'provision it first' });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
