import { isDeepStrictEqual } from 'node:util';
import type {
  CallOptions,
  DataDriver,
  MigrateOutcome,
  MigrateRequest,
  ServerWish,
  StoreBackups,
  StoreConnection,
  StoreCredentials,
  StorePasswords,
  StoreRequest,
  StoreUpgrade,
} from '@islet/driver';
import { readMigrations } from '@islet/driver/migrations';
import { StoreServers, unfinishedRestore } from '@islet/driver/server';
import { allowConnections } from './allow-connections.ts';
import { createBackups } from './backup/backups.ts';
import { type ClusterPlace, removeCluster } from './cluster.ts';
import { refusalOf } from './cluster-version.ts';
import { withClient } from './connect.ts';
import { DEFAULT_LIMITS, fit } from './fit.ts';
import { measurePostgres, metricsOfPostgres } from './measure.ts';
import { migratePostgres, previewPostgres } from './migrations.ts';
import { newCredentials } from './new-credentials.ts';
import { LIMITS, type PostgresOptions } from './options.ts';
import { applySettings } from './own-settings.ts';
import { lastServer, missingPrograms, shownPrograms } from './programs.ts';
import { retireCredentials, rotateCredentials } from './rotation.ts';
import { POSTGRES, type PostgresServers } from './server.ts';
import { createShell } from './shell.ts';
import { Starter } from './starter.ts';
import {
  connectionTo,
  ensureStore,
  insideConfig,
  removeOtherLogins,
  type Started,
  serviceConfig,
  superuserConfig,
} from './store.ts';
import { createUpgrade } from './upgrade.ts';

type Wanted = Required<Pick<StoreRequest, 'service' | 'settings' | 'limits'>>;

/** A PostgreSQL server for each service. */
export function createPostgres(options: PostgresOptions): DataDriver {
  return new PostgresDriver(options);
}

class PostgresDriver implements DataDriver {
  readonly engine = POSTGRES.engine;
  readonly backups: StoreBackups;
  readonly upgrade: StoreUpgrade;
  readonly #options: PostgresOptions;
  readonly #servers: PostgresServers;
  readonly #starter: Starter;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#servers = new StoreServers(options, POSTGRES);
    this.#starter = new Starter(options, this.#servers);
    this.backups = createBackups({
      servers: this.#servers,
      placeOf: (service) => this.#placeOf(service),
      recover: (credentials, recovery) => this.#starter.untilReady(credentials, recovery),
    });
    this.upgrade = createUpgrade({
      options,
      credentialsOf: (service) => this.#servers.records.get(service),
      started: (service) => this.#servers.started(service),
      placeOf: (service) => this.#placeOf(service),
      folderOf: (service) => this.#folderOf(service),
    });
  }

  missing({ service, server = lastServer(this.#servers.records.get(service)) }: ServerWish, { signal }: CallOptions) {
    return missingPrograms(this.#folderOf(service), server, { path: this.#options.path, signal });
  }

  refusal({ service, server: asked }: ServerWish) {
    return refusalOf(service, { place: this.#folderOf(service), asked });
  }

  async provision(
    { service, settings = {}, limits = DEFAULT_LIMITS, server: asked }: StoreRequest,
    { signal }: CallOptions,
  ): Promise<void> {
    await this.#servers.turns.take(service, async () => {
      signal.throwIfAborted();
      const place = await this.#placeOf(service);
      const refused = await refusalOf(service, { place, asked });
      if (refused !== undefined) throw refused;
      const credentials = this.#servers.records.get(service) ?? (await newCredentials(this.#servers, service, place));
      if (credentials.incomplete) throw unfinishedRestore(service);
      if (this.#servers.health.isReady(service)) return this.#set({ service, settings, limits }, signal);
      const start = { place, settings: {}, server: asked ?? lastServer(credentials), withinMs: LIMITS.readyMs, signal };
      // Somebody may be inside of one that ran on.
      const wasRunning = this.#servers.running(service) !== undefined;
      let started = await this.#starter.untilReady(credentials, start);
      if (started === 'short') throw this.#servers.ended(service, '');
      const isLate = await withClient(superuserConfig(started), signal, (client) => fit(client, limits, settings));
      if (isLate && !wasRunning) {
        await this.#servers.end(service);
        started = await this.#starter.untilReady(started, start);
        if (started === 'short') throw this.#servers.ended(service, '');
      }
      const server = await allowConnections(started, limits, this.#rotation({ signal }));
      await withClient(superuserConfig(server), signal, (client) => ensureStore(client, server));
      await withClient(insideConfig(server), signal, (client) => removeOtherLogins(client, server));
      await this.#set({ service, settings, limits }, signal);
      this.#servers.health.setReady(service);
      this.#servers.changed();
    });
  }

  async migrate(
    { service, folder, within, contract }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrateOutcome> {
    return this.#servers.turns.take(service, async () => {
      const started = this.#servers.started(service);
      const migrations = await readMigrations({ folder, within, contract });
      return migratePostgres(serviceConfig(started), migrations, signal);
    });
  }

  async previewMigrations({ service, folder, within }: MigrateRequest, { signal }: CallOptions) {
    return previewPostgres(
      serviceConfig(this.#servers.started(service)),
      await readMigrations({ folder, within }),
      signal,
    );
  }

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    return connectionTo(this.#servers.started(service));
  }

  async measure({ service }: { readonly service: string }, { signal }: CallOptions) {
    const started = this.#servers.started(service);
    return { ...(await measurePostgres(insideConfig(started), signal)), ...shownPrograms(started) };
  }

  metrics({ service }: { readonly service: string }, { signal }: CallOptions) {
    return metricsOfPostgres(insideConfig(this.#servers.started(service)), signal);
  }

  readonly shell = createShell((service) => serviceConfig(this.#servers.started(service)));

  readonly credentials: StoreCredentials = {
    rotate: ({ service }, options) => this.#renew(service, (one) => rotateCredentials(one, this.#rotation(options))),
    retire: ({ service }, options) => this.#renew(service, (one) => retireCredentials(one, this.#rotation(options))),
  };

  get passwords(): StorePasswords {
    return this.#servers.passwords;
  }

  readonly stop: DataDriver['stop'] = (request) => this.#servers.stop(request);
  readonly purge: DataDriver['purge'] = ({ service }) =>
    this.#servers.purge(service, () => removeCluster(this.#servers.folderOf(service)));
  readonly observe: DataDriver['observe'] = () => this.#servers.observe();
  readonly watch: DataDriver['watch'] = (onChange) => this.#servers.watch(onChange);
  readonly close: DataDriver['close'] = () => this.#servers.close();

  async #set({ service, settings, limits }: Wanted, signal: AbortSignal): Promise<void> {
    const started = this.#servers.started(service);
    const { settings: before = {}, limits: asked = DEFAULT_LIMITS } = started;
    if (isDeepStrictEqual(before, settings) && isDeepStrictEqual(asked, limits)) return;
    await withClient(superuserConfig(started), signal, async (client) => {
      await applySettings(client, before, settings);
      // What the service sets no more is as it fits again.
      await fit(client, limits, settings);
    });
    await this.#servers.records.write({ ...started, settings, limits });
    this.#servers.changed();
  }

  #rotation({ signal }: CallOptions) {
    return { credentials: this.#servers.records, now: Date.now, signal };
  }

  async #renew(service: string, act: (started: Started) => Promise<void>): Promise<void> {
    await this.#servers.turns.take(service, async () => {
      await act(this.#servers.serving(service));
      this.#servers.changed();
    });
  }

  async #placeOf(service: string): Promise<ClusterPlace> {
    return { ...this.#folderOf(service), user: await this.#servers.userOf(service) };
  }

  #folderOf(service: string): Pick<ClusterPlace, 'folder'> {
    return { folder: this.#servers.folderOf(service) };
  }
}
