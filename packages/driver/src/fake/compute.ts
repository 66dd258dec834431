import { once } from 'node:events';
import type {
  BuildOutcome,
  BuildRequest,
  ComputeChange,
  ComputeDriver,
  ComputeInstance,
  InstanceUsage,
  ProcessState,
  StartRequest,
  TaskRequest,
} from '../compute.ts';
import { DriverError } from '../errors.ts';

/** What outlives a driver: give it to the next one, and that one adopts. */
export interface FakeMachine {
  readonly built: Map<string, Set<string>>;
  readonly instances: Map<string, ComputeInstance>;
  /** What an instance is said to use; nothing where it does not stand here. */
  readonly usage: Map<string, InstanceUsage>;
  readonly suspended: Set<string>;
  /** What was run, in order. */
  readonly tasks: TaskRequest[];
  nextPid: number;
}

/**
 * Services on a machine that is made up. A command `exit N` ends at once with that status, a build or a task as well as
 * an instance; any other build or task succeeds, but a task with an `until` not before that; and any other instance
 * runs until it is stopped or `crash` ends it.
 */
export interface FakeCompute extends ComputeDriver {
  readonly machine: FakeMachine;
  /** The process of an instance dies. */
  crash(instance: string, how: string): void;
  /** Builds of this service fail from now on; `undefined`: no longer. */
  failBuilds(service: string, reason: string | undefined): void;
}

export interface FakeComputeOptions {
  readonly now: () => Date;
  readonly machine?: FakeMachine;
}

export function createFakeMachine(): FakeMachine {
  return { built: new Map(), instances: new Map(), usage: new Map(), suspended: new Set(), tasks: [], nextPid: 1_000 };
}

export function createFakeCompute({ now, machine = createFakeMachine() }: FakeComputeOptions): FakeCompute {
  const { built, instances } = machine;
  const failing = new Map<string, string>();
  const listeners = new Set<(change: ComputeChange) => void>();
  const at = () => now().getTime();

  const tell = (change: ComputeChange) => {
    for (const listener of listeners) listener(change);
  };
  const setProcess = (instance: ComputeInstance, process: ProcessState) => {
    instances.set(instance.id, { ...instance, process });
    tell(process.kind === 'exited' ? { kind: 'exited', instance: instance.id } : { kind: 'other' });
  };
  const requireBuilt = ({ service, revision }: { service: string; revision: string }) => {
    if (built.get(service)?.has(revision)) return;
    throw new DriverError('not-found', `the revision ${revision} of ${service} is not built`);
  };
  const crash = (id: string, how: string) => {
    const instance = instances.get(id);
    if (instance && instance.process.kind !== 'exited') setProcess(instance, { kind: 'exited', at: at(), how });
  };
  const of = (service: string) => [...instances.values()].filter((instance) => instance.service === service);

  return {
    machine,
    build: async ({ service, revision, command }, { signal }) => {
      signal.throwIfAborted();
      const revisions = built.get(service) ?? new Set();
      if (revisions.has(revision)) return { kind: 'built' };
      built.set(service, revisions);
      const outcome = outcomeOf(command, failing.get(service));
      if (outcome.kind === 'built') revisions.add(revision);
      tell({ kind: 'other' });
      return outcome;
    },
    inputsKey: async (request) => JSON.stringify(request),
    commandFor: async ({ service }) => ({ argv: [], cwd: `/instances/${service}`, env: {} }),
    logs: async (service) => of(service).map(({ id }) => ({ service, instance: id })),
    tail: async () => [],
    follow: async function* () {},
    folder: async (request) => {
      requireBuilt(request);
      return `/revisions/${request.service}/${request.revision}`;
    },
    run: async (request, { signal }) => {
      signal.throwIfAborted();
      requireBuilt(request);
      machine.tasks.push(request);
      const status = exitStatus(request.command);
      const { until } = request;
      if (status === undefined && until !== undefined) {
        if (!until.aborted) await once(until, 'abort', { signal });
        return { kind: 'failed', reason: 'it was ended', log: [] };
      }
      return (status ?? 0) === 0
        ? { kind: 'done' }
        : { kind: 'failed', reason: `it ended with exit ${status}`, log: [] };
    },
    start: async (request, { signal }) => {
      signal.throwIfAborted();
      const before = instances.get(request.instance);
      if (before && before.process.kind !== 'exited') return;
      requireBuilt(request);
      const started = startedBy(request, { before, at: at(), pid: machine.nextPid++ });
      setProcess(started, started.process);
      const status = exitStatus(request.command);
      if (status !== undefined) setProcess(started, { kind: 'exited', at: at(), how: `exit ${status}` });
    },
    stop: async ({ instance }) => {
      if (instances.delete(instance)) tell({ kind: 'other' });
    },
    kill: async ({ instance, startedAt }) => {
      const process = instances.get(instance)?.process;
      const isAnother = process?.kind === 'running' && process.startedAt !== (startedAt ?? process.startedAt);
      if (!isAnother) crash(instance, 'SIGKILL');
    },
    forget: async ({ service, revision }) => {
      const user = of(service).find((instance) => instance.revision === revision);
      if (user) throw new DriverError('refused', `the revision ${revision} is used by ${user.id}`);
      if (built.get(service)?.delete(revision)) tell({ kind: 'other' });
    },
    purge: async ({ service }) => {
      const running = of(service).find(({ process }) => process.kind !== 'exited');
      if (running) throw new DriverError('refused', `${running.id} is running`, { hint: 'stop it first' });
      for (const { id } of of(service)) instances.delete(id);
      if (built.delete(service)) tell({ kind: 'other' });
    },
    observe: async () => ({
      services: Object.fromEntries(
        [...built].map(([service, revisions]) => [
          service,
          { built: [...revisions].sort(), instances: of(service).sort(byId) },
        ]),
      ),
    }),
    usage: async () =>
      Object.fromEntries(
        [...instances.values()]
          .filter(({ process }) => process.kind === 'running')
          .map(({ id }) => [id, machine.usage.get(id) ?? { cpuMs: 0, memoryBytes: 0 }]),
      ),
    suspend: async ({ instance, suspended }) => {
      if (suspended && instances.get(instance)?.process.kind === 'running') machine.suspended.add(instance);
      else machine.suspended.delete(instance);
    },
    watch: (onChange) => {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
    close: async () => listeners.clear(),
    crash,
    failBuilds: (service, reason) => {
      if (reason === undefined) failing.delete(service);
      else failing.set(service, reason);
    },
  };
}

function outcomeOf(command: BuildRequest['command'], reason: string | undefined): BuildOutcome {
  const status = exitStatus(command ?? '');
  if (reason !== undefined) return { kind: 'failed', reason, log: [reason] };
  if (status === undefined || status === 0) return { kind: 'built' };
  return { kind: 'failed', reason: `the build command ended with exit ${status}`, log: [] };
}

function exitStatus(command: string): number | undefined {
  const status = /^exit (\d+)$/.exec(command)?.[1];
  return status === undefined ? undefined : Number(status);
}

function startedBy(request: StartRequest, { before, at, pid }: Started): ComputeInstance {
  const { instance, service, revision, generation, index, port } = request;
  return {
    id: instance,
    service,
    revision,
    generation,
    index,
    host: '127.0.0.1',
    port,
    process: { kind: 'running', pid, startedAt: at },
    firstStartedAt: before?.firstStartedAt ?? at,
    starts: (before?.starts ?? 0) + 1,
  };
}

interface Started {
  readonly before: ComputeInstance | undefined;
  readonly at: number;
  readonly pid: number;
}

function byId(one: ComputeInstance, other: ComputeInstance): number {
  return one.id < other.id ? -1 : 1;
}
