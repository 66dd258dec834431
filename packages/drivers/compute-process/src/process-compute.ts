import { dirname, join } from 'node:path';
import {
  type BuildOutcome,
  type BuildRequest,
  type CallOptions,
  type CommandPlace,
  type ComputeChange,
  type ComputeDriver,
  type ComputeInstance,
  type ComputeObservation,
  DriverError,
  type InputsKeyRequest,
  type InstanceUsage,
  type KillRequest,
  type Layout,
  type LogRef,
  layoutOf,
  type StartRequest,
  type StopRequest,
  type TaskOutcome,
  type TaskRequest,
} from '@islet/driver';
import { removeServiceUser, type Supervisor, serviceUser, switchTo, Turns, type UnixUser } from '@islet/supervise';
import { Builder } from './builder.ts';
import { instanceEnvironment } from './environment.ts';
import { execForm } from './exec-form.ts';
import { FileHashes } from './file-hashes.ts';
import { follow } from './follow.ts';
import { inputsKey } from './inputs-key.ts';
import { makeInstanceFolder, mirror } from './instance-folder.ts';
import { InstanceRecords, neverStarted, recordOf } from './instance-records.ts';
import { listFolder } from './list-folder.ts';
import { pruneLogs } from './logs.ts';
import { listRevisions, type Revision, readRevision, removeRevision } from './revision.ts';
import { ServiceFolders } from './service-folders.ts';
import { tail } from './tail.ts';
import { TaskRunner } from './task-runner.ts';
import { removeTree } from './tree-tools.ts';

export interface ProcessComputeOptions {
  readonly layout: Layout;
  /** The system's id. */
  readonly system: string;
  readonly supervisor: Supervisor;
  /** The folder of a node that services can reach. */
  readonly nodeBin: string;
}

/** Services as processes of this machine. Takes over what an earlier driver on the same layout left. */
export async function createProcessCompute(options: ProcessComputeOptions): Promise<ComputeDriver> {
  const driver = new ProcessDriver(options);
  await driver.takeOver();
  return driver;
}

class ProcessDriver implements ComputeDriver {
  readonly #options: ProcessComputeOptions;
  readonly #records: InstanceRecords;
  readonly #builder: Builder;
  readonly #tasks: TaskRunner;
  readonly #hashes: FileHashes;
  /** Of one instance: starts and removals, one after the other. */
  readonly #turns = new Turns();
  readonly #users = new Map<string, Promise<UnixUser | undefined>>();

  constructor(options: ProcessComputeOptions) {
    this.#options = options;
    this.#records = new InstanceRecords((service) => this.#folders(service).instances);
    this.#hashes = new FileHashes(join(options.layout.state, 'file-hashes.json'));
    this.#builder = new Builder({
      supervisor: options.supervisor,
      nodeBin: options.nodeBin,
      except: this.#own(),
      folders: (service) => this.#folders(service),
      user: (service) => this.#user(service),
      inputsKey: (request) => this.inputsKey(request),
    });
    this.#tasks = new TaskRunner({
      supervisor: options.supervisor,
      folders: (service) => this.#folders(service),
      user: ({ service, revision }) => this.#userOf(service, revision),
      cwd: async (request, place) =>
        this.#workingFolder(request, await this.#revision(request.service, request.revision), place),
    });
  }

  async takeOver(): Promise<void> {
    for (const service of this.#services()) {
      this.#records.load(service);
      await this.#builder.clean(service);
      await this.#tasks.clean(service);
    }
  }

  build(request: BuildRequest, options: CallOptions): Promise<BuildOutcome> {
    return this.#builder.build(request, options);
  }

  run(request: TaskRequest, options: CallOptions): Promise<TaskOutcome> {
    return this.#tasks.run(request, options);
  }

  start(request: StartRequest, options: CallOptions): Promise<void> {
    return this.#turns.take(request.instance, () => this.#start(request, options));
  }

  /** A start that is under way is ended as soon as there is something to end, and what it left is removed after it. */
  async stop({ instance, graceMs }: StopRequest, _options: CallOptions): Promise<void> {
    await this.#options.supervisor.stop(instance, { graceMs });
    await this.#turns.take(instance, () => this.#stop({ instance, graceMs }));
  }

  async kill({ instance, startedAt }: KillRequest, _options: CallOptions): Promise<void> {
    const { supervisor } = this.#options;
    const found = supervisor.observe().get(instance);
    const isAnother = found?.kind === 'running' && found.startedAt !== (startedAt ?? found.startedAt);
    if (!isAnother) await supervisor.stop(instance, { graceMs: 0 });
  }

  async folder({ service, revision }: { readonly service: string; readonly revision: string }): Promise<string> {
    const found = await this.#revision(service, revision);
    if (found.kind === 'in place') return found.folder;
    return join(this.#folders(service).revision(revision), 'files', found.home);
  }

  async forget({ service, revision }: { service: string; revision: string }, _options: CallOptions): Promise<void> {
    const user = this.#records.of(service).find((record) => record.revision === revision);
    if (user !== undefined) throw new DriverError('refused', `the revision ${revision} is used by ${user.id}`);
    await removeRevision(this.#folders(service).revision(revision), this.#folders(service).staging);
  }

  /** A store below the service's folder is its data driver's to remove, and keeps the user that owns it in being. */
  async purge({ service }: { service: string }, options: CallOptions): Promise<void> {
    const running = this.#instances(service).find(({ process }) => process.kind !== 'exited');
    if (running !== undefined) throw new DriverError('refused', `${running.id} is running: stop it first`);
    for (const { id } of this.#records.of(service)) await this.stop({ instance: id, graceMs: 0 }, options);
    await this.#builder.clean(service);
    const { root, revisions, staging, cache, instances, logs } = this.#folders(service);
    await removeTree(revisions, staging, cache, instances, logs);
    if (listFolder(root).length > 0) return;
    // The folder goes last: as long as it is there, the service is observed, and its purge is asked for again.
    await removeServiceUser({ system: this.#options.system, service });
    await removeTree(root);
    this.#users.delete(service);
  }

  async observe(): Promise<ComputeObservation> {
    const services = this.#services().map(async (service) => {
      const built = listRevisions(this.#folders(service).revisions);
      return [service, { built, instances: this.#instances(service) }] as const;
    });
    return { services: Object.fromEntries(await Promise.all(services)) };
  }

  async usage(): Promise<Readonly<Record<string, InstanceUsage>>> {
    const used = [...this.#options.supervisor.usage()].filter(([name]) => this.#records.get(name) !== undefined);
    return Object.fromEntries(used);
  }

  async suspend({ instance, suspended }: { instance: string; suspended: boolean }): Promise<void> {
    if (this.#records.get(instance) !== undefined) this.#options.supervisor.suspend(instance, suspended);
  }

  watch(onChange: (change: ComputeChange) => void): Disposable {
    return this.#options.supervisor.onExit((name) => {
      onChange(this.#records.get(name) === undefined ? { kind: 'other' } : { kind: 'exited', instance: name });
    });
  }

  inputsKey(request: InputsKeyRequest): Promise<string> {
    return inputsKey(request, { hashes: this.#hashes, except: this.#own() });
  }

  async commandFor({ service, instance }: { service: string; instance?: string }): Promise<CommandPlace> {
    const record = instance === undefined ? this.#records.of(service)[0] : this.#records.get(instance);
    if (record === undefined) {
      throw new DriverError('not-found', `${instance ?? service} has no instance on this machine`, {
        hint: 'start it: islet up',
      });
    }
    const revision = await this.#revision(service, record.revision);
    const user = revision.kind === 'in place' ? undefined : await this.#user(service);
    const root = this.#folders(service).instance(record.id);
    const [home, temporary] = [join(root, 'home'), join(root, 'tmp')];
    const cwd = revision.kind === 'in place' ? revision.folder : join(root, 'work', revision.home);
    const env = instanceEnvironment({ given: {}, home, temporary, user, own: process.env });
    return { argv: switchTo(user), cwd, env };
  }

  async logs(service: string): Promise<readonly LogRef[]> {
    return listFolder(this.#folders(service).logs)
      .filter((name) => name.endsWith('.log'))
      .map((name) => ({ service, instance: name.slice(0, -'.log'.length) }));
  }

  tail({ service, instance }: LogRef, lines: number): Promise<readonly string[]> {
    return tail(this.#folders(service).log(instance), lines);
  }

  follow({ service, instance }: LogRef, signal: AbortSignal): AsyncIterable<string> {
    return follow(this.#folders(service).log(instance), signal);
  }

  /** The supervisor is whoever opened it's to close. */
  async close(): Promise<void> {
    this.#hashes.save();
  }

  async #start(request: StartRequest, { signal }: CallOptions): Promise<void> {
    const { supervisor } = this.#options;
    const { service, instance } = request;
    if (supervisor.observe().get(instance)?.kind === 'running') return;
    const folders = this.#folders(service);
    const revision = await this.#revision(service, request.revision);
    const user = revision.kind === 'in place' ? undefined : await this.#user(service);
    await folders.make(await this.#user(service));
    const place = await makeInstanceFolder(folders.instance(instance), user);
    const cwd = await this.#workingFolder(request, revision, { work: place.work, user });
    signal.throwIfAborted();
    this.#records.write(recordOf(request, this.#records.get(instance)));
    const { home, temporary } = place;
    await supervisor.start({
      name: instance,
      argv: ['/bin/sh', '-c', execForm(request.command)],
      cwd,
      env: instanceEnvironment({ given: request.env, home, temporary, user, own: process.env }),
      user,
      log: folders.log(instance),
      limits: request.resources,
    });
  }

  async #stop({ instance, graceMs }: StopRequest): Promise<void> {
    const { supervisor } = this.#options;
    await supervisor.stop(instance, { graceMs });
    const record = this.#records.get(instance);
    if (record === undefined) return supervisor.forget(instance);
    const folders = this.#folders(record.service);
    await removeTree(folders.instance(instance));
    // Together: a record without a process would say that it never started.
    await supervisor.forget(instance);
    this.#records.remove(record);
    const inUse = (log: string) => this.#records.get(log) !== undefined;
    await pruneLogs({ folder: folders.logs, service: record.service, inUse });
  }

  #instances(service: string): readonly ComputeInstance[] {
    const processes = this.#options.supervisor.observe();
    return this.#records
      .of(service)
      .map((record) => ({ ...record, process: processes.get(record.id) ?? neverStarted(record) }));
  }

  async #revision(service: string, revision: string): Promise<Revision> {
    const found = await readRevision(this.#folders(service).revision(revision));
    if (found === undefined) throw new DriverError('not-found', `the revision ${revision} of ${service} is not built`);
    return found;
  }

  /** What runs in the folder of a person runs as that person. */
  async #userOf(service: string, revision: string): Promise<UnixUser | undefined> {
    return (await this.#revision(service, revision)).kind === 'in place' ? undefined : this.#user(service);
  }

  async #workingFolder(
    { service, revision: id }: Pick<StartRequest, 'service' | 'revision'>,
    revision: Revision,
    { work, user }: { work: string; user: UnixUser | undefined },
  ): Promise<string> {
    if (revision.kind === 'in place') return revision.folder;
    return mirror({ files: join(this.#folders(service).revision(id), 'files'), home: revision.home, work, user });
  }

  #folders(service: string): ServiceFolders {
    return new ServiceFolders(this.#options.layout, service);
  }

  #user(service: string): Promise<UnixUser | undefined> {
    const known = this.#users.get(service) ?? serviceUser({ system: this.#options.system, service });
    this.#users.set(service, known);
    known.catch(() => this.#users.delete(service));
    return known;
  }

  /** Those that have left anything on this machine. */
  #services(): readonly string[] {
    return listFolder(dirname(layoutOf.service(this.#options.layout, '_')));
  }

  #own(): readonly string[] {
    return [this.#options.layout.state, this.#options.layout.runtime];
  }
}
