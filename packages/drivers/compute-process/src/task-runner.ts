import { type CallOptions, DriverError, type TaskOutcome, type TaskRequest } from '@islet/driver';
import { removeLogs, type Supervisor, type UnixUser } from '@islet/supervise';
import { instanceEnvironment } from './environment.ts';
import { untilExit } from './exit.ts';
import { makeInstanceFolder } from './instance-folder.ts';
import { LIMITS } from './limits.ts';
import type { ServiceFolders } from './service-folders.ts';
import { tail } from './tail.ts';
import { removeTree } from './tree-tools.ts';

export interface TaskContext {
  readonly supervisor: Supervisor;
  readonly folders: (service: string) => ServiceFolders;
  /** Undefined: Islet's own. */
  readonly user: (request: TaskRequest) => Promise<UnixUser | undefined>;
  /** The working folder, below `work` where it is not the service's own. */
  readonly cwd: (request: TaskRequest, place: TaskPlace) => Promise<string>;
}

export interface TaskPlace {
  readonly work: string;
  readonly user: UnixUser | undefined;
}

/**
 * A command that a service runs once, to its end, where and as its instances run. It is a supervised process, so that one whose
 * control plane was killed leaves no orphan: whoever asks for it again ends that one first, and begins anew.
 */
export class TaskRunner {
  readonly #context: TaskContext;

  constructor(context: TaskContext) {
    this.#context = context;
  }

  async run(request: TaskRequest, { signal }: CallOptions): Promise<TaskOutcome> {
    const { supervisor } = this.#context;
    const { service, task, command, env, deadlineMs, until = NEVER } = request;
    const folders = this.#context.folders(service);
    const name = taskName(request);
    await endTask(supervisor, name);
    signal.throwIfAborted();
    const root = folders.instance(name);
    try {
      const user = await this.#context.user(request);
      await folders.make(user);
      const { work, home, temporary } = await makeInstanceFolder(root, user);
      const cwd = await this.#context.cwd(request, { work, user });
      await removeLogs(folders.log(name));
      await supervisor.start({
        name,
        argv: ['/bin/sh', '-c', command],
        cwd,
        env: instanceEnvironment({ given: env, home, temporary, user, own: process.env }),
        user,
        log: folders.log(name),
        limits: request.resources,
      });
      const deadline = AbortSignal.timeout(deadlineMs);
      const how = await untilExit(supervisor, name, AbortSignal.any([signal, deadline, until]));
      if (how === 'exit 0') return { kind: 'done' };
      const log = await tail(folders.log(name), LIMITS.buildLogLines);
      if (how !== undefined) return { kind: 'failed', reason: `it ended with ${how}`, log };
      if (until.aborted) return { kind: 'failed', reason: 'it was ended', log };
      if (deadline.aborted) return { kind: 'failed', reason: `it took longer than ${deadlineMs / 1000} s`, log };
      throw new DriverError('timeout', `the task ${task} of ${service} was called off`);
    } finally {
      await endTask(supervisor, name);
      await removeTree(root);
    }
  }

  /** What a control plane that was killed has left of them. */
  async clean(service: string): Promise<void> {
    const { supervisor } = this.#context;
    const left = [...supervisor.observe().keys()].filter((name) => name.startsWith(`task-${service}-`));
    for (const name of left) await endTask(supervisor, name);
  }
}

/** Nobody ends it before its deadline. */
const NEVER = new AbortController().signal;

function taskName({ service, task }: Pick<TaskRequest, 'service' | 'task'>): string {
  return `task-${service}-${task}`;
}

async function endTask(supervisor: Supervisor, name: string): Promise<void> {
  await supervisor.stop(name, { graceMs: LIMITS.buildGraceMs });
  await supervisor.forget(name);
}
