import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  layoutOf,
  type MigrateOutcome,
  type MigrateRequest,
  type ServerWish,
  type StoreBackups,
  type StoreConnection,
  type StoreCredentials,
  type StoreObservation,
  type StoreRequest,
  type StoreUpgrade,
} from '@islet/driver';
import { readMigrations } from '@islet/driver/migrations';
import { Records } from '@islet/driver/records';
import { serviceUser, Turns, type UnixUser } from '@islet/supervise';
import { allowConnections } from './allow-connections.ts';
import { createBackups } from './backup/backups.ts';
import type { ClusterPlace } from './cluster.ts';
import { refusalOf } from './cluster-version.ts';
import { withClient } from './connect.ts';
import type { Credentials, CredentialsFolder } from './credentials.ts';
import { endedAtStart, unfinishedRestore } from './failures.ts';
import { DEFAULT_LIMITS, fit } from './fit.ts';
import { Health } from './health.ts';
import { measurePostgres, metricsOfPostgres } from './measure.ts';
import { migratePostgres, previewPostgres } from './migrations.ts';
import { processName } from './names.ts';
import { newCredentials } from './new-credentials.ts';
import { LIMITS, type PostgresOptions } from './options.ts';
import { applySettings } from './own-settings.ts';
import { lastServer, missingPrograms, shownPrograms } from './programs.ts';
import { purgeStore } from './purge.ts';
import { retireCredentials, rotateCredentials } from './rotation.ts';
import { runningServer, stopServer } from './server.ts';
import { createShell } from './shell.ts';
import { Starter } from './starter.ts';
import {
  connectionTo,
  ensureStore,
  insideConfig,
  isStarted,
  removeOtherLogins,
  type Started,
  serviceConfig,
  superuserConfig,
} from './store.ts';
import { createUpgrade } from './upgrade.ts';

type Wanted = Required<Pick<StoreRequest, 'service' | 'settings' | 'limits'>>;

/** A PostgreSQL server for each service: its own cluster, user, password, port and log, kept by the supervisor. */
export function createPostgres(options: PostgresOptions): DataDriver {
  return new PostgresDriver(options);
}

class PostgresDriver implements DataDriver {
  readonly engine = 'postgres';
  readonly backups: StoreBackups;
  readonly upgrade: StoreUpgrade;
  readonly #options: PostgresOptions;
  readonly #credentials: CredentialsFolder;
  readonly #health: Health;
  readonly #starter: Starter;
  /** Calls for one service happen one after the other. */
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();
  readonly #exits: Disposable;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#credentials = new Records<Credentials>(join(options.layout.state, 'credentials'));
    this.#health = new Health(options.supervisor, () => this.#changed());
    this.#starter = new Starter(options, { credentials: this.#credentials, logOf: (service) => this.#logOf(service) });
    this.backups = createBackups({
      options,
      credentials: this.#credentials,
      health: this.#health,
      turns: this.#turns,
      placeOf: (service) => this.#placeOf(service),
      recover: (credentials, recovery) => this.#starter.untilReady(credentials, recovery),
      changed: () => this.#changed(),
    });
    this.upgrade = createUpgrade({
      options,
      credentialsOf: (service) => this.#credentials.get(service),
      started: (service) => this.#started(service),
      placeOf: (service) => this.#placeOf(service),
      folderOf: (service) => this.#folderOf(service),
    });
    this.#exits = options.supervisor.onExit((name) => {
      if (this.#credentials.all().some(({ service }) => processName(service) === name)) this.#changed();
    });
  }

  missing({ service, server = lastServer(this.#credentials.get(service)) }: ServerWish, { signal }: CallOptions) {
    return missingPrograms(this.#folderOf(service), server, { path: this.#options.path, signal });
  }

  refusal({ service, server: asked }: ServerWish) {
    return refusalOf(service, { place: this.#folderOf(service), asked });
  }

  async provision(
    { service, settings = {}, limits = DEFAULT_LIMITS, server: asked }: StoreRequest,
    { signal }: CallOptions,
  ): Promise<void> {
    await this.#turns.take(service, async () => {
      signal.throwIfAborted();
      const place = await this.#placeOf(service);
      const refused = await refusalOf(service, { place, asked });
      if (refused !== undefined) throw refused;
      const credentials = this.#credentials.get(service) ?? (await newCredentials(this.#credentials, service, place));
      if (credentials.incomplete) throw unfinishedRestore(service);
      if (this.#health.isReady(service)) return this.#set({ service, settings, limits }, signal);
      const start = { place, settings: {}, server: asked ?? lastServer(credentials), withinMs: LIMITS.readyMs, signal };
      // Somebody may be inside of one that ran on.
      const wasRunning = runningServer(this.#options.supervisor, service) !== undefined;
      let started = await this.#starter.untilReady(credentials, start);
      if (started === 'short') throw endedAtStart(service, '');
      const isLate = await withClient(superuserConfig(started), signal, (client) => fit(client, limits, settings));
      if (isLate && !wasRunning) {
        await stopServer(this.#options.supervisor, service);
        started = await this.#starter.untilReady(started, start);
        if (started === 'short') throw endedAtStart(service, '');
      }
      const server = await allowConnections(started, limits, this.#rotation({ signal }));
      await withClient(superuserConfig(server), signal, (client) => ensureStore(client, server));
      await withClient(insideConfig(server), signal, (client) => removeOtherLogins(client, server));
      await this.#set({ service, settings, limits }, signal);
      this.#health.setReady(service);
      this.#changed();
    });
  }

  async migrate(
    { service, folder, within, contract }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrateOutcome> {
    return this.#turns.take(service, async () => {
      const started = this.#started(service);
      const migrations = await readMigrations({ folder, within, contract });
      return migratePostgres(serviceConfig(started), migrations, signal);
    });
  }

  async previewMigrations({ service, folder, within }: MigrateRequest, { signal }: CallOptions) {
    return previewPostgres(serviceConfig(this.#started(service)), await readMigrations({ folder, within }), signal);
  }

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    return connectionTo(this.#started(service));
  }

  async measure({ service }: { readonly service: string }, { signal }: CallOptions) {
    const started = this.#started(service);
    return { ...(await measurePostgres(insideConfig(started), signal)), ...shownPrograms(started) };
  }

  metrics({ service }: { readonly service: string }, { signal }: CallOptions) {
    return metricsOfPostgres(insideConfig(this.#started(service)), signal);
  }

  readonly shell = createShell((service) => serviceConfig(this.#started(service)));

  readonly credentials: StoreCredentials = {
    rotate: ({ service }, options) => this.#renew(service, (one) => rotateCredentials(one, this.#rotation(options))),
    retire: ({ service }, options) => this.#renew(service, (one) => retireCredentials(one, this.#rotation(options))),
  };

  async stop({ service }: { readonly service: string }): Promise<void> {
    await this.#turns.take(service, async () => {
      await stopServer(this.#options.supervisor, service);
      this.#changed();
    });
  }

  async purge({ service }: { readonly service: string }): Promise<void> {
    await this.#turns.take(service, async () => {
      await purgeStore({ ...this.#options, credentials: this.#credentials, log: this.#logOf(service) }, service);
      this.#changed();
    });
  }

  async observe(): Promise<Readonly<Record<string, StoreObservation>>> {
    const states = this.#options.supervisor.observe();
    return Object.fromEntries(
      this.#credentials.all().map(({ service }) => {
        const state = states.get(processName(service));
        if (state?.kind === 'running') return [service, this.#observeRunning(service)];
        return [service, { kind: 'stopped', how: state?.kind === 'exited' ? state.how : undefined }];
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
    await this.#health.close();
  }

  async #set({ service, settings, limits }: Wanted, signal: AbortSignal): Promise<void> {
    const started = this.#started(service);
    const { settings: before = {}, limits: asked = DEFAULT_LIMITS } = started;
    if (isDeepStrictEqual(before, settings) && isDeepStrictEqual(asked, limits)) return;
    await withClient(superuserConfig(started), signal, async (client) => {
      await applySettings(client, before, settings);
      // What the service sets no more is as it fits again.
      await fit(client, limits, settings);
    });
    await this.#credentials.write({ ...started, settings, limits });
    this.#changed();
  }

  #rotation({ signal }: CallOptions) {
    return { credentials: this.#credentials, now: Date.now, signal };
  }

  async #renew(service: string, act: (started: Started) => Promise<void>): Promise<void> {
    await this.#turns.take(service, async () => {
      const started = this.#started(service);
      if (!runningServer(this.#options.supervisor, service)) {
        throw new DriverError('unavailable', `the PostgreSQL server of ${service} is stopped`, { hint: 'islet up' });
      }
      await act(started);
      this.#changed();
    });
  }

  #observeRunning(service: string): StoreObservation {
    const credentials = this.#credentials.get(service);
    if (this.#turns.isTaken(service) && !this.#health.isReady(service)) return { kind: 'starting' };
    if (!isStarted(credentials)) return { kind: 'starting' };
    if (credentials.incomplete) return { kind: 'stopped', how: 'a restore of it did not finish' };
    return this.#health.observe(credentials);
  }

  #started(service: string): Started {
    const credentials = this.#credentials.get(service);
    if (isStarted(credentials)) return credentials;
    throw new DriverError('not-found', `${service} has no PostgreSQL server`, { hint: 'provision it first' });
  }

  async #placeOf(service: string): Promise<ClusterPlace> {
    const user: UnixUser | undefined = await serviceUser({ system: this.#options.system, service });
    return { ...this.#folderOf(service), user };
  }

  #folderOf(service: string): Pick<ClusterPlace, 'folder'> {
    return { folder: layoutOf.data(this.#options.layout, service) };
  }

  #logOf(service: string): string {
    return join(layoutOf.serviceLogs(this.#options.layout, service), `${processName(service)}.log`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
