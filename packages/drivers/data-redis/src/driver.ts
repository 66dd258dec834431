import { isDeepStrictEqual } from 'node:util';
import type {
  CallOptions,
  DataDriver,
  DriverError,
  ServerWish,
  StoreBackups,
  StoreConnection,
  StoreCredentials,
  StorePasswords,
  StoreRequest,
} from '@islet/driver';
import { isFolder, makeOwnedFolder, makePassage } from '@islet/driver/owned-folder';
import {
  isStarted,
  lostData,
  lostRecord,
  type ServerOptions,
  StoreServers,
  unfinishedRestore,
} from '@islet/driver/server';
import { writeAccess } from './access.ts';
import { createBackups } from './backup/backups.ts';
import { HOST } from './client.ts';
import { createCredentials } from './credentials.ts';
import { noMigrations } from './failures.ts';
import { measureRedis, metricsOfRedis } from './measure.ts';
import { LIMITS } from './options.ts';
import { placeOf, type RedisServers, removeStore } from './place.ts';
import { missingServer, requireServer } from './program.ts';
import { loginOf, newRecord, type RedisRecord, type StartedRedis, startedAgain } from './records.ts';
import { REDIS, serverArguments } from './server.ts';
import { refusalOf, versionOf } from './server-version.ts';
import { changeSettings, type Settings } from './settings.ts';
import { createShell } from './shell.ts';

/** A Redis (or Valkey) server for each service. */
export function createRedis(options: ServerOptions): DataDriver {
  return new RedisDriver(options);
}

class RedisDriver implements DataDriver {
  readonly engine = REDIS.engine;
  readonly backups: StoreBackups;
  readonly credentials: StoreCredentials;
  /** `PATH` in which the server's program is looked for. */
  readonly #path: string;
  readonly #servers: RedisServers;

  constructor(options: ServerOptions) {
    this.#path = options.path;
    this.#servers = new StoreServers(options, REDIS);
    this.backups = createBackups({
      path: options.path,
      servers: this.#servers,
      startUntilReady: (record, settings, signal) => this.#startUntilReady(record, settings, signal),
    });
    this.credentials = createCredentials(this.#servers);
  }

  async missing(): Promise<string | undefined> {
    return missingServer(this.#path);
  }

  async refusal({ service }: ServerWish): Promise<DriverError | undefined> {
    const record = this.#servers.records.get(service);
    if (record?.server === undefined || !isKept(record.settings) || missingServer(this.#path) !== undefined)
      return undefined;
    const here = await versionOf(requireServer(this.#path), AbortSignal.timeout(LIMITS.askMs));
    return refusalOf(service, { made: record.server, here });
  }

  async provision({ service, settings = {} }: StoreRequest, { signal }: CallOptions): Promise<void> {
    const { records, health, turns } = this.#servers;
    await turns.take(service, async () => {
      signal.throwIfAborted();
      const record = records.get(service) ?? (await this.#newRecord(service));
      if (record.incomplete) throw unfinishedRestore(service);
      if (health.isReady(service)) return this.#configure(record, settings, signal);
      await this.#startUntilReady(record, settings, signal);
      health.setReady(service);
      this.#servers.changed();
    });
  }

  async migrate({ service }: { readonly service: string }): Promise<never> {
    throw noMigrations(service);
  }

  readonly previewMigrations: DataDriver['previewMigrations'] = this.migrate;

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    const started = this.#servers.started(service);
    const { port } = started;
    const { login, password } = loginOf(started);
    const url = `redis://${login}:${password}@${HOST}:${port}/0`;
    return { url, host: HOST, port, user: login, password, name: '0', path: undefined };
  }

  readonly measure: NonNullable<DataDriver['measure']> = ({ service }, { signal }) =>
    measureRedis(this.#servers.started(service), signal);
  readonly metrics: NonNullable<DataDriver['metrics']> = ({ service }, { signal }) =>
    metricsOfRedis(this.#servers.started(service), signal);

  readonly shell = createShell((service) => this.#servers.started(service));

  get passwords(): StorePasswords {
    return this.#servers.passwords;
  }

  readonly stop: DataDriver['stop'] = (request) => this.#servers.stop(request);
  readonly purge: DataDriver['purge'] = ({ service }) =>
    this.#servers.purge(service, async () => removeStore(await placeOf(this.#servers, service)));
  readonly observe: DataDriver['observe'] = () => this.#servers.observe();
  readonly watch: DataDriver['watch'] = (onChange) => this.#servers.watch(onChange);
  readonly close: DataDriver['close'] = () => this.#servers.close();

  async #startUntilReady(record: RedisRecord, settings: Settings, signal: AbortSignal): Promise<StartedRedis> {
    const servers = this.#servers;
    const { service } = record;
    const begin = (from: RedisRecord) =>
      servers.startUntilReady(from, () => this.#ensureStarted(from, settings), signal);
    // It may be of another version than what is installed by now.
    if (servers.running(service)) return begin(record);
    const here = await versionOf(requireServer(this.#path), signal);
    const refused = hasData(record, settings) ? refusalOf(service, { made: record.server, here }) : undefined;
    if (refused !== undefined) throw refused;
    const started = await begin(record);
    const known = { ...started, server: here };
    await servers.records.write(known);
    return known;
  }

  async #ensureStarted(record: RedisRecord, settings: Settings): Promise<StartedRedis> {
    const servers = this.#servers;
    const { service } = record;
    if (servers.running(service) && isStarted(record)) return record;
    const program = requireServer(this.#path);
    const place = await placeOf(servers, service);
    const { data, accessFile, user } = place;
    if (hasData(record, settings) && !(await isFolder(data))) throw lostData(servers.whose(service), data);
    await makePassage(place.folder);
    await makeOwnedFolder(data, user);
    // On disk before the server listens there: whoever adopts it must find it.
    const started: StartedRedis = { ...startedAgain(record, await servers.takePort(service)), settings };
    await servers.records.write(started);
    await writeAccess(place, started);
    await servers.start(started, {
      argv: [program, ...serverArguments({ data, accessFile, port: started.port, settings })],
      cwd: data,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      user,
    });
    return started;
  }

  async #configure(record: RedisRecord, settings: Settings, signal: AbortSignal): Promise<void> {
    if (!isStarted(record) || isDeepStrictEqual(record.settings ?? {}, settings)) return;
    await changeSettings(record, settings, signal);
    await this.#servers.records.write({ ...record, settings });
    this.#servers.changed();
  }

  async #newRecord(service: string): Promise<RedisRecord> {
    const servers = this.#servers;
    const folder = servers.folderOf(service);
    if (await isFolder(folder)) throw lostRecord(servers.whose(service), { folder, record: `redis/${service}.json` });
    const record = newRecord(service);
    await servers.records.write(record);
    return record;
  }
}

/** Of a cache nothing is kept on disk. */
function isKept(settings: Settings = {}): boolean {
  return settings.appendonly !== 'no';
}

function hasData(record: RedisRecord, settings: Settings): boolean {
  return isStarted(record) && isKept(record.settings) && isKept(settings);
}
