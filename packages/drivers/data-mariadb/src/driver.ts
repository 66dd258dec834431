import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type {
  CallOptions,
  DataDriver,
  DriverError,
  MigrateOutcome,
  MigrateRequest,
  ServerWish,
  StoreBackups,
  StoreConnection,
  StoreCredentials,
  StorePasswords,
  StoreRequest,
} from '@islet/driver';
import { readMigrations } from '@islet/driver/migrations';
import { isFolder, makeOwnedFolder } from '@islet/driver/owned-folder';
import { writeDurably } from '@islet/driver/records';
import {
  isStarted,
  lostData,
  lostRecord,
  newPassword,
  type Series,
  StoreServers,
  unfinishedRestore,
} from '@islet/driver/server';
import { createBackups } from './backup/backups.ts';
import { asService, shownTo } from './connect.ts';
import { type DataPlace, makeData, removeStore, temporaryIn } from './data-folder.ts';
import { noUser } from './failures.ts';
import { DEFAULT_LIMITS } from './fit.ts';
import { measureMariadb } from './measure.ts';
import { metricsOfMariadb } from './metrics.ts';
import { migrateMariadb, previewMariadb } from './migrations.ts';
import { LIMITS, type MariadbOptions } from './options.ts';
import { missingServer, requireProgram } from './programs.ts';
import { type MariadbRecord, newRecord, otherLogin, type StartedMariadb } from './record.ts';
import { refusalOf, seriesHere } from './series.ts';
import { ENVIRONMENT, MARIADB, serverArguments } from './server.ts';
import { applySettings, type Wanted } from './settings.ts';
import { createShell } from './shell.ts';
import { takeOver } from './take-over.ts';
import { ensureTemplate } from './template.ts';
import { administer, ensureLogins, ensureStore, initFile } from './users.ts';

/** A MariaDB server for each service. */
export function createMariadb(options: MariadbOptions): DataDriver {
  return new MariadbDriver(options);
}

class MariadbDriver implements DataDriver {
  readonly engine = MARIADB.engine;
  readonly backups: StoreBackups;
  readonly #options: MariadbOptions;
  readonly #servers: StoreServers<MariadbRecord>;

  constructor(options: MariadbOptions) {
    this.#options = options;
    this.#servers = new StoreServers(options, MARIADB);
    this.backups = createBackups({
      servers: this.#servers,
      path: options.path,
      placeOf: (service) => this.#placeOf(service),
      startUntilReady: (record, signal) =>
        this.#startUntilReady(record, { settings: {}, limits: DEFAULT_LIMITS, upgrade: false }, signal),
    });
  }

  async missing(): Promise<string | undefined> {
    return missingServer(this.#options.path);
  }

  async refusal({ service, upgrade }: ServerWish): Promise<DriverError | undefined> {
    const record = this.#servers.records.get(service);
    const made = record && madeBy(record);
    if (made === undefined || missingServer(this.#options.path) !== undefined) return undefined;
    const here = await seriesHere(this.#options.path, AbortSignal.timeout(LIMITS.askMs));
    return refusalOf(service, { made, here, upgrade: upgrade === 'in-place' });
  }

  async provision(
    { service, settings = {}, limits = DEFAULT_LIMITS, upgrade, beforeUpgrade }: StoreRequest,
    { signal }: CallOptions,
  ): Promise<void> {
    const wanted = { settings, limits, upgrade: upgrade === 'in-place', ...(beforeUpgrade && { beforeUpgrade }) };
    const { records, health, turns } = this.#servers;
    await turns.take(service, async () => {
      signal.throwIfAborted();
      const record = records.get(service) ?? (await this.#newRecord(service));
      if (record.incomplete) throw unfinishedRestore(service);
      if (health.isReady(service)) return this.#set(service, wanted, signal);
      const started = await this.#startUntilReady(record, wanted, signal);
      await ensureStore(started, signal);
      await this.#set(service, wanted, signal);
      health.setReady(service);
      this.#servers.changed();
    });
  }

  async migrate(
    { service, folder, within, contract }: MigrateRequest,
    { signal }: CallOptions,
  ): Promise<MigrateOutcome> {
    return this.#servers.turns.take(service, async () => {
      const started = this.#servers.started(service);
      return migrateMariadb(asService(started), await readMigrations({ folder, within, contract }), signal);
    });
  }

  async previewMigrations({ service, folder, within }: MigrateRequest, { signal }: CallOptions) {
    return previewMariadb(asService(this.#servers.started(service)), await readMigrations({ folder, within }), signal);
  }

  async connection({ service }: { readonly service: string }): Promise<StoreConnection> {
    return shownTo(this.#servers.started(service));
  }

  measure({ service }: { readonly service: string }, { signal }: CallOptions) {
    return measureMariadb(this.#servers.started(service), signal);
  }

  metrics({ service }: { readonly service: string }, { signal }: CallOptions) {
    return metricsOfMariadb(this.#servers.started(service), signal);
  }

  readonly shell = createShell((service) => this.#servers.started(service));

  /** The server learns first of what is to hold; whoever is killed in between does it again, with another password. */
  readonly credentials: StoreCredentials = {
    rotate: ({ service }, { signal }) =>
      this.#servers.turns.take(service, async () => {
        const started = this.#servers.serving(service);
        if (started.replaced !== undefined) return;
        const { login, password } = started;
        const next: StartedMariadb = {
          ...started,
          login: otherLogin(started),
          password: newPassword(),
          replaced: { login, password, at: Date.now() },
        };
        await administer(started, signal, (run) => ensureLogins(run, next));
        await this.#servers.records.write(next);
        this.#servers.changed();
      }),
    retire: ({ service }, { signal }) =>
      this.#servers.turns.take(service, async () => {
        const { replaced, ...kept } = this.#servers.serving(service);
        if (replaced === undefined) return;
        // The server first: a record that no longer names a login which still works would never be looked at again.
        await administer(kept, signal, (run) => ensureLogins(run, kept));
        await this.#servers.records.write(kept);
        this.#servers.changed();
      }),
  };

  get passwords(): StorePasswords {
    return this.#servers.passwords;
  }

  readonly stop: DataDriver['stop'] = (request) => this.#servers.stop(request);
  readonly purge: DataDriver['purge'] = ({ service }) =>
    this.#servers.purge(service, () => removeStore(this.#servers.folderOf(service)));
  readonly observe: DataDriver['observe'] = () => this.#servers.observe();
  readonly watch: DataDriver['watch'] = (onChange) => this.#servers.watch(onChange);
  readonly close: DataDriver['close'] = () => this.#servers.close();

  async #startUntilReady(record: MariadbRecord, wanted: Start, signal: AbortSignal): Promise<StartedMariadb> {
    const servers = this.#servers;
    const { path } = this.#options;
    const begin = (from: MariadbRecord) =>
      servers.startUntilReady(from, () => this.#ensureStarted(from, wanted, signal), signal);
    // It may be of another version than what is installed by now.
    if (servers.running(record.service)) return begin(record);
    const here = await seriesHere(path, signal);
    const refused = refusalOf(record.service, { made: madeBy(record), here, upgrade: wanted.upgrade });
    if (refused !== undefined) throw refused;
    const started = await begin(await this.#readyFor(here, record, wanted));
    if (started.series === here) return started;
    // One that was not taken over to the end must not be found running, and be taken for one that was.
    if (started.series !== undefined)
      await takeOver(started, path, signal).catch(async (error: unknown) => {
        await servers.end(record.service);
        throw error;
      });
    const { takenOverBy: _done, ...kept } = started;
    const known = { ...kept, series: here };
    await servers.records.write(known);
    return known;
  }

  /** Noted before the server starts: from then on the data may be the newer one's, also where this process is killed. */
  async #readyFor(here: Series, record: MariadbRecord, { beforeUpgrade }: Start): Promise<MariadbRecord> {
    if (record.series === undefined || record.series === here || record.takenOverBy !== undefined) return record;
    await beforeUpgrade?.(`${MARIADB.product} ${here}`);
    const next = { ...record, takenOverBy: here };
    await this.#servers.records.write(next);
    return next;
  }

  async #ensureStarted(record: MariadbRecord, wanted: Wanted, signal: AbortSignal): Promise<StartedMariadb> {
    const { path, tools } = this.#options;
    const servers = this.#servers;
    const { service } = record;
    if (servers.running(service) && isStarted(record)) return record;
    const { settings, limits } = wanted;
    const { data, user } = await this.#placeOf(service);
    if (process.getuid?.() === 0 && !user) throw noUser(service);
    if (!(await isFolder(data))) {
      if (isStarted(record)) throw lostData(servers.whose(service), data);
      await makeData({ data, user }, await ensureTemplate(tools, path, signal), signal);
    }
    // On disk before the server listens there: whoever adopts it must find it.
    const started = { ...record, settings, limits, port: await servers.takePort(service) };
    await servers.records.write(started);
    const [file, temporary] = [join(dirname(data), 'init.sql'), temporaryIn(dirname(data))];
    await makeOwnedFolder(temporary, user);
    await writeDurably(file, initFile(started), user ? 0o640 : 0o600, user?.gid);
    const program = requireProgram('mariadbd', path);
    const place = { data, initFile: file, temporary, port: started.port };
    const argv = [program, ...serverArguments({ ...place, settings, limits })];
    await servers.start(started, { argv, cwd: data, env: ENVIRONMENT, user });
    return started;
  }

  async #set(service: string, { settings, limits }: Wanted, signal: AbortSignal): Promise<void> {
    const started = this.#servers.started(service);
    const { settings: before = {}, limits: limitsBefore = DEFAULT_LIMITS } = started;
    const isLimited = isDeepStrictEqual(limitsBefore, limits);
    if (isLimited && isDeepStrictEqual(before, settings)) return;
    await applySettings(started, { settings, limits }, signal);
    const next = { ...started, settings, limits };
    if (!isLimited) await administer(started, signal, (run) => ensureLogins(run, next));
    await this.#servers.records.write(next);
    this.#servers.changed();
  }

  async #newRecord(service: string): Promise<MariadbRecord> {
    const servers = this.#servers;
    const { data } = await this.#placeOf(service);
    if (await isFolder(data)) {
      throw lostRecord(servers.whose(service), { folder: data, record: `mariadb/${service}.json` });
    }
    const record = newRecord(service);
    await servers.records.write(record);
    return record;
  }

  async #placeOf(service: string): Promise<DataPlace> {
    return { data: join(this.#servers.folderOf(service), 'data'), user: await this.#servers.userOf(service) };
  }
}

/** How a server is begun. */
type Start = Wanted & { readonly upgrade: boolean } & Pick<StoreRequest, 'beforeUpgrade'>;

function madeBy({ series, takenOverBy }: MariadbRecord): Series | undefined {
  return takenOverBy ?? series;
}
