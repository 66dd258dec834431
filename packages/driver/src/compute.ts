import type { Generation, InstanceId, RevisionId } from '@islet/plan';
import type { ResourceSpec } from '@islet/spec';

/**
 * Builds revisions and runs instances. Every call is idempotent: the reconciler repeats a call whose outcome it did not
 * learn. A call that can't do its work throws a `DriverError`; a build that fails is an outcome, not an error.
 */
export interface ComputeDriver {
  /** The content key of a service as it lies there, without building it. */
  inputsKey(request: InputsKeyRequest): Promise<string>;
  /** Snapshots the inputs and runs the build command in the copy. A revision that is complete is never built again. */
  build(request: BuildRequest, options: CallOptions): Promise<BuildOutcome>;
  /** Absolute path of the service's own folder in a complete revision. Throws `not-found` before `build`. */
  folder(request: { readonly service: string; readonly revision: RevisionId }): Promise<string>;
  /** How to run a command where a service runs, as it would. Throws `not-found` where it has no instance. */
  commandFor(request: { readonly service: string; readonly instance?: string }): Promise<CommandPlace>;
  /** What its instances have printed, those that are gone included, oldest name first. */
  logs(service: string): Promise<readonly LogRef[]>;
  /** The last lines of one log; empty where there is none. */
  tail(log: LogRef, lines: number): Promise<readonly string[]>;
  /** The lines that are written to it from now on, until the signal. */
  follow(log: LogRef, signal: AbortSignal): AsyncIterable<string>;
  /**
   * Runs a command of a built revision once, to its end, as its instances run. One of the same name that is left of an
   * earlier call is ended first. Throws `not-found` before `build`.
   */
  run(request: TaskRequest, options: CallOptions): Promise<TaskOutcome>;
  /** Returns once the process runs, or already ran; readiness is the prober's to find out. */
  start(request: StartRequest, options: CallOptions): Promise<void>;
  /**
   * SIGTERM to the whole tree, SIGKILL at the end of the grace; returns when no process of it is left, and forgets it.
   */
  stop(request: StopRequest, options: CallOptions): Promise<void>;
  /** Ends the whole tree now; the instance counts as exited, and may be started again. */
  kill(request: KillRequest, options: CallOptions): Promise<void>;
  /** Removes a revision's bytes. Refuses while an instance uses them. */
  forget(request: { readonly service: string; readonly revision: RevisionId }, options: CallOptions): Promise<void>;
  /** Removes all that a service left: bytes, caches, homes, users. Refuses while an instance runs. */
  purge(request: { readonly service: string }, options: CallOptions): Promise<void>;
  /** All that is there, by looking; cheap enough for every turn. */
  observe(): Promise<ComputeObservation>;
  /** What each running instance uses, by looking. */
  usage(): Promise<Readonly<Record<InstanceId, InstanceUsage>>>;
  /**
   * Stops every process of an instance where it is, or lets it go on: a drill. Ends nothing, and says nothing to it.
   */
  suspend(request: { readonly instance: InstanceId; readonly suspended: boolean }): Promise<void>;
  /** Calls back when something may have changed (a death above all). Only a hint: `observe` tells the truth. */
  watch(onChange: (change: ComputeChange) => void): Disposable;
  /** Closes what this process holds; instances run on. */
  close(): Promise<void>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
}

export interface InputsKeyRequest {
  /** Absolute path of the service's folder. */
  readonly folder: string;
  /** Absolute paths of what a revision is made of. */
  readonly inputs: readonly string[];
  /** Absolute paths of files among them whose bytes do not count: what they mean is told by whoever asks. */
  readonly apart: readonly string[];
  readonly build: string | undefined;
  /** The run command, as written: its programs belong to the toolchain. */
  readonly run: string;
  readonly path: string;
}

export interface CommandPlace {
  /** To put before the command's own words. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** To add to the service's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** One log: of an instance, or of a build (`build-<revision>`). */
export interface LogRef {
  readonly service: string;
  readonly instance: InstanceId;
}

export interface BuildRequest {
  readonly service: string;
  readonly revision: RevisionId;
  /** Absolute path of the service's folder. */
  readonly folder: string;
  /** Absolute paths of what the revision is made of; each file of them that git does not ignore is copied. */
  readonly inputs: readonly string[];
  /** Undefined: the snapshot is the revision. */
  readonly command: string | undefined;
  /** `PATH` to build with. */
  readonly path: string;
  /** What the inputs were when the revision was named: files that have changed since are another revision's. */
  readonly named: { readonly key: string; readonly by: InputsKeyRequest } | undefined;
  /** Run in the service's own folder instead of a snapshot (`islet dev`). */
  readonly inPlace: boolean;
  readonly deadlineMs: number;
}

export type BuildOutcome =
  | { readonly kind: 'built' }
  /** `log`: the last lines of the build's output. */
  | { readonly kind: 'failed'; readonly reason: string; readonly log: readonly string[] };

export interface StartRequest {
  readonly service: string;
  readonly instance: InstanceId;
  readonly revision: RevisionId;
  readonly generation: Generation;
  readonly index: number;
  /** A shell command with every reference resolved. */
  readonly command: string;
  /** The whole environment but `HOME`, `TMPDIR`, `USER` and `LOGNAME`, which the driver adds. */
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly resources: ResourceSpec;
}

export interface TaskRequest {
  readonly service: string;
  readonly revision: RevisionId;
  /** What it is for: `migrate`. */
  readonly task: string;
  readonly command: string;
  /** As of an instance. */
  readonly env: Readonly<Record<string, string>>;
  readonly resources: ResourceSpec;
  readonly deadlineMs: number;
  /** Ends one that does not end by itself, since it serves: it has failed then, with what it printed. */
  readonly until?: AbortSignal;
}

export type TaskOutcome =
  | { readonly kind: 'done' }
  /** `log`: the last lines of what it printed. */
  | { readonly kind: 'failed'; readonly reason: string; readonly log: readonly string[] };

export interface KillRequest {
  readonly instance: InstanceId;
  /**
   * The process that is meant, by when it was started: a later one of the same instance is left alone, however late or often
   * this is asked for. Undefined: whichever runs.
   */
  readonly startedAt?: number;
}

export interface StopRequest {
  readonly instance: InstanceId;
  readonly graceMs: number;
}

export interface ComputeObservation {
  readonly services: Readonly<Record<string, ComputeService>>;
}

export interface ComputeService {
  readonly built: readonly RevisionId[];
  readonly instances: readonly ComputeInstance[];
}

export interface ComputeInstance {
  readonly id: InstanceId;
  readonly service: string;
  readonly revision: RevisionId;
  readonly generation: Generation;
  readonly index: number;
  readonly host: string;
  readonly port: number;
  readonly process: ProcessState;
  /** When its first process was started. */
  readonly firstStartedAt: number;
  /** How often a process of it was started. */
  readonly starts: number;
}

export interface InstanceUsage {
  /** CPU time since its process was started, in milliseconds of one core. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export type ProcessState =
  | { readonly kind: 'running'; readonly pid: number; readonly startedAt: number }
  | { readonly kind: 'stopping'; readonly pid: number; readonly since: number }
  /** `how`: `exit 1`, `SIGKILL`, `out of memory`. */
  | { readonly kind: 'exited'; readonly at: number; readonly how: string };

export type ComputeChange = { readonly kind: 'exited'; readonly instance: InstanceId } | { readonly kind: 'other' };
