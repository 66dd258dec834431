import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  layoutOf,
  type MigrateOutcome,
  type MigrateRequest,
  type StoreBackups,
  type StoreConnection,
  type StoreCredentials,
  type StoreObservation,
  type StoreRequest,
} from '@islet/driver';
import { readMigrations } from '@islet/driver/migrations';
import { isFolder, removeIfEmpty } from '@islet/driver/owned-folder';
import { Records, writeDurably } from '@islet/driver/records';
import { logSize, Readiness, removeLogs, serviceUser, Turns } from '@islet/supervise';
import { createBackups } from './backup/backups.ts';
import { asService, shownTo } from './connect.ts';
import { type DataPlace, makeData, removeData } from './data-folder.ts';
import {
  endedAtStart,
  lostData,
  lostRecord,
  noUser,
  serverRuns,
  strangerInside,
  unfinishedRestore,
} from './failures.ts';
import { measureMariadb } from './measure.ts';
import { metricsOfMariadb } from './metrics.ts';
import { migrateMariadb, previewMariadb } from './migrations.ts';
import { LIMITS, type MariadbOptions } from './options.ts';
import { missingServer, requireProgram } from './programs.ts';
import { isStarted, type MariadbRecord, newPassword, newRecord, otherLogin, type Started } from './record.ts';
import { complaintOf, ENVIRONMENT, processName, runningServer, serverArguments, untilReady } from './server.ts';
import { applySettings, type Settings } from './settings.ts';
import { createShell } from './shell.ts';
import { ensureTemplate } from './template.ts';
import { administer, ensureLogins, ensureStore, initFile } from './users.ts';

/** A MariaDB server for each service: its own data, users, port and log, kept by the supervisor. */
export function createMariadb(options: MariadbOptions): DataDriver {
  return new MariadbDriver(options);
}

class MariadbDriver implements DataDriver {
  readonly engine = 'mariadb';
  readonly backups: StoreBackups;
  readonly #options: MariadbOptions;
  readonly #records: Records<MariadbRecord>;
  readonly #readiness: Readiness<Started>;
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();
  readonly #exits: Disposable;

  constructor(options: MariadbOptions) {
    this.#options = options;
    this.#records = new Records(join(options.layout.state, 'mariadb'));
    this.#readiness = new Readiness(options.supervisor, { processName, untilReady, onChange: () => this.#changed() });
    this.backups = createBackups({
      options,
      records: this.#records,
      turns: this.#turns,
      placeOf: (service) => this.#placeOf(service),
      startUntilReady: (record, signal) => this.#startUntilReady(record, {}, signal),
      setReady: (service) => this.#readiness.setReady(service),
      changed: () => this.#changed(),
    });
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
      if (this.#readiness.isReady(service)) return this.#set(service, settings, signal);
      const started = await this.#startUntilReady(record, settings, signal);
      await ensureStore(started, signal);
      await this.#set(service, settings, signal);
      this.#readiness.setReady(service);
      this.#changed();
    });
  }

  async migrate(
    { service, folder, within, contract }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrateOutcome> {
    return this.#turns.take(service, async () => {
      const started = this.#started(service);
      return migrateMariadb(asService(started), await readMigrations({ folder, within, contract }), signal);
    });
  }

  async previewMigrations({ service, folder, within }: MigrateRequest, { signal }: CallOptions) {
    return previewMariadb(asService(this.#started(service)), await readMigrations({ folder, within }), signal);
  }

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    return shownTo(this.#started(service));
  }

  measure({ service }: { readonly service: string }, { signal }: CallOptions) {
    return measureMariadb(this.#started(service), signal);
  }

  metrics({ service }: { readonly service: string }, { signal }: CallOptions) {
    return metricsOfMariadb(this.#started(service), signal);
  }

  readonly shell = createShell((service) => this.#started(service));

  /** The server learns first of what is to hold; whoever is killed in between does it again, with another password. */
  readonly credentials: StoreCredentials = {
    rotate: ({ service }, { signal }) =>
      this.#turns.take(service, async () => {
        const started = this.#running(service);
        if (started.replaced !== undefined) return;
        const { login, password } = started;
        const next: Started = {
          ...started,
          login: otherLogin(started),
          password: newPassword(),
          replaced: { login, password, at: Date.now() },
        };
        await administer(started, signal, (run) => ensureLogins(run, next));
        await this.#records.write(next);
        this.#changed();
      }),
    retire: ({ service }, { signal }) =>
      this.#turns.take(service, async () => {
        const { replaced, ...kept } = this.#running(service);
        if (replaced === undefined) return;
        // The server first: a record that no longer names a login which still works would never be looked at again.
        await administer(kept, signal, (run) => ensureLogins(run, kept));
        await this.#records.write(kept);
        this.#changed();
      }),
  };

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
      const place = await this.#placeOf(service);
      await removeData(place);
      await rm(dirname(place.data), { recursive: true, force: true });
      await removeIfEmpty(dirname(dirname(place.data)));
      await removeLogs(this.#logOf(service));
      await removeIfEmpty(dirname(this.#logOf(service)));
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

  #observeRunning(record: MariadbRecord, pid: number): StoreObservation {
    const { service, port, replaced, settings, incomplete } = record;
    if (incomplete) return { kind: 'stopped', how: 'a restore of it did not finish' };
    if (this.#readiness.isReady(service)) {
      return { kind: 'ready', pid, port, ...(replaced && { replacedAt: replaced.at }), ...(settings && { settings }) };
    }
    if (isStarted(record) && !this.#turns.isTaken(service)) this.#readiness.check(record);
    return { kind: 'starting' };
  }

  /** Starts what doesn't run, and waits. */
  async #startUntilReady(record: MariadbRecord, settings: Settings, signal: AbortSignal): Promise<Started> {
    const { supervisor } = this.#options;
    const { service } = record;
    const logFrom = await logSize(this.#logOf(service));
    const started = await this.#ensureStarted(record, settings, signal);
    const isAlive = () => runningServer(supervisor, service) !== undefined;
    const readiness = await untilReady(started, { isAlive, signal });
    if (readiness === 'ready') return started;
    if (readiness === 'rejected') throw strangerInside(service);
    throw endedAtStart(service, await complaintOf(this.#logOf(service), logFrom));
  }

  async #ensureStarted(record: MariadbRecord, settings: Settings, signal: AbortSignal): Promise<Started> {
    const { supervisor, ports, path, tools, log } = this.#options;
    const { service } = record;
    if (runningServer(supervisor, service) && isStarted(record)) return record;
    const place = await this.#placeOf(service);
    if (process.getuid?.() === 0 && !place.user) throw noUser(service);
    if (!(await isFolder(place.data))) {
      if (isStarted(record)) throw lostData(service, place.data);
      await makeData(place, await ensureTemplate(tools, path, signal), signal);
    }
    // On disk before the server listens there: whoever adopts it must find it.
    const started = { ...record, settings, port: await ports.take(processName(service)) };
    await this.#records.write(started);
    const file = join(dirname(place.data), 'init.sql');
    await writeDurably(file, initFile(started), place.user ? 0o640 : 0o600, place.user?.gid);
    await supervisor.start({
      name: processName(service),
      argv: [
        requireProgram('mariadbd', path),
        ...serverArguments({ data: place.data, initFile: file, port: started.port, settings }),
      ],
      cwd: place.data,
      env: ENVIRONMENT,
      user: place.user,
      log: this.#logOf(service),
      limits: { cpu: undefined, memoryBytes: undefined },
    });
    log.info({ service, port: started.port }, 'MariaDB server started');
    return started;
  }

  async #set(service: string, settings: Settings, signal: AbortSignal): Promise<void> {
    const started = this.#started(service);
    if (isDeepStrictEqual(started.settings ?? {}, settings)) return;
    await applySettings(started, settings, signal);
    await this.#records.write({ ...started, settings });
    this.#changed();
  }

  async #newRecord(service: string): Promise<MariadbRecord> {
    const { data } = await this.#placeOf(service);
    if (await isFolder(data)) throw lostRecord(service, data);
    const record = newRecord(service);
    await this.#records.write(record);
    return record;
  }

  #started(service: string): Started {
    const record = this.#records.get(service);
    if (isStarted(record)) return record;
    throw new DriverError('not-found', `${service} has no MariaDB server`, { hint: 'provision it first' });
  }

  #running(service: string): Started {
    const started = this.#started(service);
    if (runningServer(this.#options.supervisor, service)) return started;
    throw new DriverError('unavailable', `the MariaDB server of ${service} is stopped`, { hint: 'islet up' });
  }

  async #placeOf(service: string): Promise<DataPlace> {
    const user = await serviceUser({ system: this.#options.system, service });
    return { data: join(layoutOf.mariadb(this.#options.layout, service), 'data'), user };
  }

  #logOf(service: string): string {
    return join(layoutOf.serviceLogs(this.#options.layout, service), `${processName(service)}.log`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
