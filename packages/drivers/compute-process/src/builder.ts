import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildOutcome,
  type BuildRequest,
  type CallOptions,
  DriverError,
  type InputsKeyRequest,
} from '@islet/driver';
import { accessiblePath, removeLogs, type Supervisor, type UnixUser, withRuntime } from '@islet/supervise';
import { makeCaches } from './caches.ts';
import { buildEnvironment } from './environment.ts';
import { untilExit } from './exit.ts';
import { type InputFiles, listInputs } from './input-files.ts';
import { LIMITS } from './limits.ts';
import { listFolder } from './list-folder.ts';
import { completeRevision, readRevision } from './revision.ts';
import { letIn, type ServiceFolders } from './service-folders.ts';
import { Slots } from './slots.ts';
import { copyInputs } from './snapshot.ts';
import { tail } from './tail.ts';
import { removeTree } from './tree-tools.ts';

export interface BuilderContext {
  readonly supervisor: Supervisor;
  readonly nodeBin: string;
  /** Islet's own folders, never part of an input. */
  readonly except: readonly string[];
  readonly folders: (service: string) => ServiceFolders;
  readonly user: (service: string) => Promise<UnixUser | undefined>;
  readonly inputsKey: (request: InputsKeyRequest) => Promise<string>;
}

/**
 * Snapshot, build, freeze, rename: in a staging folder, as the service's own user. The build is a supervised process, so
 * that one whose control plane was killed leaves no orphan: the next control plane ends it here and begins again.
 */
export class Builder {
  readonly #context: BuilderContext;
  readonly #slots = new Slots(LIMITS.parallelBuilds);
  readonly #underWay = new Map<string, Promise<BuildOutcome>>();

  constructor(context: BuilderContext) {
    this.#context = context;
  }

  /** Asking twice is asking once. */
  build(request: BuildRequest, { signal }: CallOptions): Promise<BuildOutcome> {
    const key = buildName(request);
    const underWay = this.#underWay.get(key) ?? this.#slots.use(() => this.#build(request, signal), signal);
    this.#underWay.set(key, underWay);
    return underWay.finally(() => this.#underWay.delete(key));
  }

  /** Ends what an earlier control plane was building, and removes what it had staged. */
  async clean(service: string): Promise<void> {
    const { supervisor } = this.#context;
    const left = [...supervisor.observe().keys()].filter((name) => name.startsWith(`build-${service}-`));
    for (const name of left) await endBuild(supervisor, name);
    const { staging } = this.#context.folders(service);
    for (const entry of listFolder(staging)) await removeTree(join(staging, entry));
  }

  async #build(request: BuildRequest, signal: AbortSignal): Promise<BuildOutcome> {
    const { service, revision, folder } = request;
    const folders = this.#context.folders(service);
    const final = folders.revision(revision);
    if ((await readRevision(final)) !== undefined) return { kind: 'built' };
    const user = request.inPlace ? undefined : await this.#context.user(service);
    await folders.make(await this.#context.user(service));
    const staged = join(folders.staging, revision);
    await endBuild(this.#context.supervisor, buildName(request));
    await removeTree(staged);
    // Nobody else can enter while root copies: a running instance, being the same user, could put links in the way.
    await mkdir(join(staged, 'files'), { recursive: true });
    await chmod(staged, 0o700);
    try {
      const home = request.inPlace ? undefined : await this.#copy(request, { to: join(staged, 'files'), user, signal });
      if (await this.#changedSinceNamed(request)) return CHANGED;
      await letIn(staged, user);
      const cwd = home === undefined ? folder : join(staged, 'files', home);
      const failure = request.command && (await this.#run(request.command, request, { cwd, user, signal }));
      if (failure) return { kind: 'failed', reason: failure, log: await lastLines(folders.buildLog(revision)) };
      const made = home === undefined ? ({ kind: 'in place', folder } as const) : ({ kind: 'snapshot', home } as const);
      await completeRevision({ staged, final, revision: made, user });
      return { kind: 'built' };
    } finally {
      await removeTree(staged);
    }
  }

  /** Asked after the copy, so that no edit falls between the key and the bytes. */
  async #changedSinceNamed({ named }: BuildRequest): Promise<boolean> {
    return named !== undefined && (await this.#context.inputsKey(named.by)) !== named.key;
  }

  async #copy(request: BuildRequest, options: { to: string; user: UnixUser | undefined; signal: AbortSignal }) {
    const inputs: InputFiles = await listInputs({ ...request, except: this.#context.except });
    await copyInputs({ inputs, ...options });
    return inputs.home;
  }

  /** Why it failed; undefined: it did not. */
  async #run(command: string, request: BuildRequest, place: BuildProcess): Promise<string | undefined> {
    const { supervisor, nodeBin } = this.#context;
    const folders = this.#context.folders(request.service);
    const name = buildName(request);
    const caches = await makeCaches(folders.cache, place.user);
    await removeLogs(folders.buildLog(request.revision));
    const path = accessiblePath(withRuntime(request.path, nodeBin), place.user);
    await supervisor.start({
      name,
      argv: ['/bin/sh', '-c', command],
      cwd: place.cwd,
      env: buildEnvironment({ caches, path, user: place.user, own: process.env }),
      user: place.user,
      log: folders.buildLog(request.revision),
      limits: { cpu: undefined, memoryBytes: undefined },
      background: true,
    });
    try {
      const deadline = AbortSignal.timeout(request.deadlineMs);
      const how = await untilExit(supervisor, name, AbortSignal.any([place.signal, deadline]));
      if (how === 'exit 0') return undefined;
      if (how !== undefined) return `the build command ended with ${how}`;
      if (deadline.aborted) return `the build took longer than ${request.deadlineMs / 1000} s`;
      throw new DriverError('timeout', `the build of ${request.service} was called off`);
    } finally {
      await endBuild(supervisor, name);
      await removeTree(caches.temporary);
    }
  }
}

const CHANGED: BuildOutcome = {
  kind: 'failed',
  reason: 'its files changed after it was asked for: ask again',
  log: [],
};

interface BuildProcess {
  readonly cwd: string;
  readonly user: UnixUser | undefined;
  readonly signal: AbortSignal;
}

function buildName({ service, revision }: { service: string; revision: string }): string {
  return `build-${service}-${revision}`;
}

async function endBuild(supervisor: Supervisor, name: string): Promise<void> {
  await supervisor.stop(name, { graceMs: LIMITS.buildGraceMs });
  await supervisor.forget(name);
}

function lastLines(log: string): Promise<readonly string[]> {
  return tail(log, LIMITS.buildLogLines);
}
