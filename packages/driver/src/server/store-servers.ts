import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  dieAt,
  lastComplaint,
  logSince,
  logSize,
  removeLogs,
  serviceUser,
  Turns,
  type UnixUser,
} from '@islet/supervise';
import type { StoreObservation, StorePasswords } from '../data.ts';
import type { DriverError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import { isFolder, makePassage, removeIfEmpty } from '../owned-folder.ts';
import { Records } from '../records.ts';
import {
  endedAtStart,
  hasServer,
  noServer,
  serverRuns,
  serverStopped,
  strangerInside,
  type Whose,
} from './failures.ts';
import { Health, type RunningState } from './health.ts';
import type { ServerOptions } from './options.ts';
import { type Readiness, untilReady, type Waiting } from './ready.ts';
import { isStarted, type ServerRecord, type Started } from './record.ts';
import type { ServerKind, ServerSpec } from './server-kind.ts';

/**
 * The servers of one engine: one for each service, with its own data, users, port and log, kept by the supervisor. An
 * engine's driver says how its data is made and its server begun; what holds of every server is here.
 */
export class StoreServers<R extends ServerRecord> {
  readonly records: Records<R>;
  readonly health: Health<R>;
  readonly passwords: StorePasswords = {
    values: () =>
      this.records.all().flatMap(({ password, replaced }) => [password, ...(replaced ? [replaced.password] : [])]),
    changes: () => this.records.changes,
  };
  /** Calls for one service happen one after the other. */
  readonly turns = new Turns();
  readonly #options: ServerOptions;
  readonly #kind: ServerKind<R>;
  readonly #listeners = new Set<() => void>();
  readonly #exits: Disposable;

  constructor(options: ServerOptions, kind: ServerKind<R>) {
    this.#options = options;
    this.#kind = kind;
    this.records = new Records(join(options.layout.state, kind.records));
    this.health = new Health({
      running: (service) => this.running(service),
      untilReady: (started, waiting) => this.#untilReady(started, 'service', { ...waiting, withinMs: kind.readyMs }),
      onChange: () => this.changed(),
    });
    this.#exits = options.supervisor.onExit((name) => {
      if (this.records.all().some(({ service }) => this.processName(service) === name)) this.changed();
    });
  }

  /** What the supervisor and the allocator of ports know a service's server by. */
  processName(service: string): string {
    return `${this.#kind.engine}-${service}`;
  }

  running(service: string): RunningState | undefined {
    const state = this.#options.supervisor.observe().get(this.processName(service));
    return state?.kind === 'running' ? state : undefined;
  }

  /** Throws `not-found` before `provision`. */
  started(service: string): Started<R> {
    const record = this.records.get(service);
    if (isStarted(record)) return record;
    throw noServer(this.whose(service));
  }

  /** Throws `unavailable` where it does not run. */
  serving(service: string): Started<R> {
    const started = this.started(service);
    if (this.running(service)) return started;
    throw serverStopped(this.whose(service));
  }

  folderOf(service: string): string {
    return this.#kind.folderOf(this.#options.layout, service);
  }

  logOf(service: string): string {
    return join(layoutOf.serviceLogs(this.#options.layout, service), `${this.processName(service)}.log`);
  }

  userOf(service: string): Promise<UnixUser | undefined> {
    return serviceUser({ system: this.#options.system, service });
  }

  whose(service: string): Whose {
    return { product: this.#kind.product, service };
  }

  takePort(service: string): Promise<number> {
    return this.#options.ports.take(this.processName(service));
  }

  async start({ service, port }: Started<R>, spec: ServerSpec): Promise<void> {
    const { supervisor, log } = this.#options;
    await supervisor.start({
      name: this.processName(service),
      ...spec,
      log: this.logOf(service),
      limits: { cpu: undefined, memoryBytes: undefined },
      // A copy beside the store, of a drill or a branch, has a name that no service has.
      background: service.includes('.'),
    });
    log.info({ service, port }, `${this.#kind.product} server started`);
  }

  /** Starts what doesn't run, by `ensureStarted`, and waits until it lets Islet in. */
  async startUntilReady(
    { service }: R,
    ensureStarted: () => Promise<Started<R>>,
    signal: AbortSignal,
  ): Promise<Started<R>> {
    const { started, written } = await this.tryToStart(service, ensureStarted, {
      withinMs: this.#kind.readyMs,
      signal,
    });
    if (written === undefined) return started;
    throw this.ended(service, written);
  }

  /** The same, of a server that may end at its start: then with what it wrote. */
  async tryToStart(
    service: string,
    ensureStarted: () => Promise<Started<R>>,
    waiting: Omit<Waiting, 'isAlive'>,
  ): Promise<{ readonly started: Started<R>; readonly written: string | undefined }> {
    const from = await logSize(this.logOf(service));
    const started = await ensureStarted();
    const isAlive = () => this.running(service) !== undefined;
    switch (await this.#untilReady(started, 'islet', { isAlive, ...waiting })) {
      case 'ready':
        return { started, written: undefined };
      case 'rejected':
        throw strangerInside(this.whose(service));
      case 'ended':
        return { started, written: await logSince(this.logOf(service), from) };
    }
  }

  /** A server that did not come up wrote this. */
  ended(service: string, written: string): DriverError {
    const { like, head } = this.#kind.complaint;
    const complaint = lastComplaint(written, like).replace(head, '');
    return endedAtStart(this.whose(service), { written, complaint, log: this.logOf(service) });
  }

  async stop({ service }: { readonly service: string }): Promise<void> {
    await this.turns.take(service, async () => {
      await this.end(service);
      this.changed();
    });
  }

  /** In a turn that somebody has taken. */
  async end(service: string): Promise<void> {
    const name = this.processName(service);
    await this.#options.supervisor.stop(name, this.#kind.stop);
    await this.#options.supervisor.forget(name);
  }

  async purge(service: string, removeData: () => Promise<void>): Promise<void> {
    await this.turns.take(service, async () => {
      const state = this.#options.supervisor.observe().get(this.processName(service));
      if (state !== undefined && state.kind !== 'exited') throw serverRuns(this.whose(service));
      if (!this.records.get(service)) return;
      await this.#options.supervisor.forget(this.processName(service));
      await removeData();
      await removeLogs(this.logOf(service));
      await removeIfEmpty(dirname(this.logOf(service)));
      this.#failpoint('after the data is gone');
      // Last: as long as it is there, the store is observed, and the purge is asked for again.
      await this.records.remove(service);
      this.changed();
    });
  }

  /** In an order that can be repeated from any point: the new name's record, the folder, the old name's. */
  async rename({ service, to }: { readonly service: string; readonly to: string }): Promise<void> {
    await this.turns.take(service, async () => {
      if (this.running(service)) throw serverRuns(this.whose(service));
      const [old, taken] = [this.records.get(service), this.records.get(to)];
      if (old === undefined) throw noServer(this.whose(service));
      if (taken !== undefined && !this.#kind.isSame(taken, old)) throw hasServer(this.whose(to));
      await this.end(service);
      await this.records.write({ ...old, service: to });
      this.#failpoint('after the new name');
      const [from, into] = [this.folderOf(service), this.folderOf(to)];
      await makePassage(dirname(into));
      if (await isFolder(from)) await rename(from, into);
      this.#failpoint('after the folder is renamed');
      await this.records.remove(service);
      await removeIfEmpty(dirname(from));
      this.changed();
    });
  }

  async observe(): Promise<Readonly<Record<string, StoreObservation>>> {
    const states = this.#options.supervisor.observe();
    return Object.fromEntries(
      this.records.all().map((record) => {
        const state = states.get(this.processName(record.service));
        if (state?.kind === 'running') return [record.service, this.#observeRunning(record, state)];
        return [record.service, { kind: 'stopped', how: state?.kind === 'exited' ? state.how : undefined }];
      }),
    );
  }

  watch(onChange: () => void): Disposable {
    this.#listeners.add(onChange);
    return { [Symbol.dispose]: () => this.#listeners.delete(onChange) };
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {
    this.#exits[Symbol.dispose]();
    this.#listeners.clear();
    await this.health.close();
  }

  #observeRunning(record: R, { pid }: RunningState): StoreObservation {
    const { service, port, incomplete, replaced, settings, limits = this.#kind.limits } = record;
    if (this.turns.isTaken(service) && !this.health.isReady(service)) return { kind: 'starting' };
    if (!isStarted(record)) return { kind: 'starting' };
    if (incomplete) return { kind: 'stopped', how: 'a restore of it did not finish' };
    switch (this.health.look(record)) {
      case 'ready':
        return {
          kind: 'ready',
          pid,
          port,
          ...(replaced && { replacedAt: replaced.at }),
          ...(settings && { settings }),
          ...(limits && { limits }),
        };
      case 'incomplete':
        return { kind: 'stopped', how: 'it was not provisioned to the end' };
      case 'checking':
        return { kind: 'starting' };
    }
  }

  #untilReady(started: Started<R>, as: 'islet' | 'service', waiting: Waiting): Promise<Readiness> {
    const { ask, isRejection, product } = this.#kind;
    return untilReady({ ask: (signal) => ask(started, as, signal), isRejection, product }, waiting);
  }

  #failpoint(name: string): void {
    dieAt(`${this.#kind.engine}: ${name}`);
  }
}
