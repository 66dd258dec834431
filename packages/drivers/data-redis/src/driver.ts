import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type CallOptions,
  type DataDriver,
  DriverError,
  layoutOf,
  type StoreConnection,
  type StoreCredentials,
  type StoreObservation,
  type StoreRequest,
  type StoreShell,
} from '@islet/driver';
import { isFolder, makeOwnedFolder, makePassage, removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import { Records, writeDurably } from '@islet/driver/records';
import { logSize, Readiness, removeLogs, serviceUser, Turns } from '@islet/supervise';
import { ADMIN, accessFile, READER, userOf } from './access.ts';
import { HOST, withClient } from './client.ts';
import { endedAtStart, lostRecord, noMigrations, strangerInside } from './failures.ts';
import { measureRedis, metricsOfRedis } from './measure.ts';
import { LIMITS, type RedisOptions, SETTINGS } from './options.ts';
import { missingServer, requireServer } from './program.ts';
import { loginOf, nextLogin, type RedisRecord, type Started } from './records.ts';
import { complaintOf, processName, runningServer, serverArguments, untilReady } from './server.ts';
import { runCommand } from './shell.ts';

/** A Redis (or Valkey) server for each service: its own data, users, port and log, kept by the supervisor. */
export function createRedis(options: RedisOptions): DataDriver {
  return new RedisDriver(options);
}

class RedisDriver implements DataDriver {
  readonly engine = 'redis';
  readonly #options: RedisOptions;
  readonly #records: Records<RedisRecord>;
  readonly #readiness: Readiness<Started>;
  readonly #turns = new Turns();
  readonly #listeners = new Set<() => void>();
  readonly #exits: Disposable;

  constructor(options: RedisOptions) {
    this.#options = options;
    this.#records = new Records(join(options.layout.state, 'redis'));
    this.#readiness = new Readiness(options.supervisor, {
      ...{ processName, untilReady },
      onChange: () => this.#changed(),
    });
    this.#exits = options.supervisor.onExit((name) => {
      if (this.#records.all().some(({ service }) => processName(service) === name)) this.#changed();
    });
  }

  missing(): string | undefined {
    return missingServer(this.#options.path);
  }

  async provision({ service, settings = {} }: StoreRequest, { signal }: CallOptions): Promise<void> {
    await this.#turns.take(service, async () => {
      signal.throwIfAborted();
      const record = this.#records.get(service) ?? (await this.#newRecord(service));
      if (this.#readiness.isReady(service)) return this.#configure(record, settings, signal);
      const logFrom = await logSize(this.#logOf(service));
      const started = await this.#ensureStarted(record, settings);
      const isAlive = () => runningServer(this.#options.supervisor, service) !== undefined;
      const readiness = await untilReady(started, { isAlive, signal });
      if (readiness === 'ended') throw endedAtStart(service, await complaintOf(this.#logOf(service), logFrom));
      if (readiness === 'rejected') throw strangerInside(service);
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

  readonly shell: StoreShell = {
    run: ({ service, text, write }, { signal }) => {
      const started = this.#started(service);
      const { login: user, password } = loginOf(started);
      const who = write ? { user, password } : { user: READER, password: started.adminPassword };
      return runCommand({ port: started.port, ...who }, text, signal);
    },
    seed: async ({ service }) => {
      throw new DriverError('unsupported', `the store of ${service} is Redis, which has no SQL to be seeded with`, {
        hint: 'seed: { command: … }',
      });
    },
  };

  /** A user for each generation: with the old one go the connections that it opened. */
  readonly credentials: StoreCredentials = {
    rotate: ({ service }, { signal }) =>
      this.#turns.take(service, async () => {
        const started = this.#started(service);
        if (started.replaced !== undefined) return;
        const next = rotated(started, Date.now());
        await this.#writeAccess(next);
        // The server learns of the new one before `connection` tells of it.
        await this.#administer(started, ['ACL', 'SETUSER', ...userOf(loginOf(next))], signal);
        await this.#records.write(next);
        this.#changed();
      }),
    retire: ({ service }, { signal }) =>
      this.#turns.take(service, async () => {
        const { replaced, ...kept } = this.#started(service);
        if (replaced === undefined) return;
        await this.#writeAccess(kept);
        await this.#administer(kept, ['ACL', 'DELUSER', replaced.login ?? kept.name], signal);
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
      if (state !== undefined && state.kind !== 'exited') {
        throw new DriverError('refused', `the Redis server of ${service} runs`, { hint: 'stop it first' });
      }
      if (!this.#records.get(service)) return;
      await this.#options.supervisor.forget(processName(service));
      await this.#removeFolder(service);
      await removeLogs(this.#logOf(service));
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
    const { service, port, replaced, settings } = record;
    if (this.#readiness.isReady(service)) {
      return { kind: 'ready', pid, port, ...(replaced && { replacedAt: replaced.at }), ...(settings && { settings }) };
    }
    if (isStarted(record)) this.#readiness.check(record);
    return { kind: 'starting' };
  }

  async #ensureStarted(record: RedisRecord, settings: Readonly<Record<string, string>>): Promise<Started> {
    const { supervisor, ports, path, system, log } = this.#options;
    const { service } = record;
    if (runningServer(supervisor, service) && isStarted(record)) return record;
    const program = requireServer(path);
    const user = await serviceUser({ system, service });
    const data = join(this.#folderOf(service), 'data');
    await makePassage(this.#folderOf(service));
    await makeOwnedFolder(data, user);
    // On disk before the server listens there: whoever adopts it must find it.
    const started = { ...record, settings, port: await ports.take(processName(service)) };
    await this.#records.write(started);
    await this.#writeAccess(started);
    const { port } = started;
    await supervisor.start({
      name: processName(service),
      argv: [program, ...serverArguments({ data, accessFile: this.#accessFile(service), port, settings })],
      cwd: data,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      user,
      log: this.#logOf(service),
      limits: { cpu: undefined, memoryBytes: undefined },
    });
    log.info({ service, port }, 'Redis server started');
    return started;
  }

  /** Without a restart: nobody who is connected notices. What is no longer said goes back to what it was. */
  async #configure(
    record: RedisRecord,
    settings: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { service, settings: before = {} } = record;
    if (!isStarted(record) || isDeepStrictEqual(before, settings)) return;
    const gone = Object.keys(before).filter((name) => !(name in settings));
    const defaults: Readonly<Record<string, string>> = SETTINGS;
    const back = gone.flatMap((name) => (defaults[name] === undefined ? [] : [[name, defaults[name]] as const]));
    const words = [...back, ...Object.entries(settings)].flat();
    try {
      if (words.length > 0) await this.#administer(record, ['CONFIG', 'SET', ...words], signal);
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      throw new DriverError('refused', `the Redis server of ${service} takes no such settings: ${reason}`);
    }
    await this.#records.write({ ...record, settings });
    this.#changed();
  }

  async #newRecord(service: string): Promise<RedisRecord> {
    if (await isFolder(this.#folderOf(service))) {
      throw lostRecord(service, this.#folderOf(service));
    }
    const name = service === ADMIN || service === READER || service === 'default' ? `svc-${service}` : service;
    const record = { service, name, password: newPassword(), adminPassword: newPassword(), port: undefined };
    await this.#records.write(record);
    return record;
  }

  /** The folder is root's; its server may read the file, and nobody but root can change it. */
  async #writeAccess(record: RedisRecord): Promise<void> {
    const user = await serviceUser({ system: this.#options.system, service: record.service });
    await writeDurably(this.#accessFile(record.service), accessFile(record), user ? 0o640 : 0o600, user?.gid);
  }

  async #administer(started: Started, words: readonly string[], signal: AbortSignal): Promise<void> {
    const login = { port: started.port, user: ADMIN, password: started.adminPassword };
    await withClient(login, signal, (send) => send(...words));
  }

  async #removeFolder(service: string): Promise<void> {
    const folder = this.#folderOf(service);
    await removeOwnedFolder(join(folder, 'data'));
    await rm(folder, { recursive: true, force: true });
    await removeIfEmpty(dirname(folder));
  }

  #started(service: string): Started {
    const record = this.#records.get(service);
    if (record !== undefined && isStarted(record)) return record;
    throw new DriverError('not-found', `${service} has no Redis server`, { hint: 'provision it first' });
  }

  #folderOf(service: string): string {
    return layoutOf.redis(this.#options.layout, service);
  }

  #accessFile(service: string): string {
    return join(this.#folderOf(service), 'users.acl');
  }

  #logOf(service: string): string {
    return join(layoutOf.serviceLogs(this.#options.layout, service), `${processName(service)}.log`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isStarted(record: RedisRecord): record is Started {
  return record.port !== undefined;
}

function rotated(started: Started, now: number): Started {
  const replaced = { ...loginOf(started), at: now };
  return { ...started, login: nextLogin(started), password: newPassword(), replaced };
}

function newPassword(): string {
  return randomBytes(32).toString('hex');
}
