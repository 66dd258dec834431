/**
 * A supervised process is a tree of processes behind one name. It outlives whoever started it; whoever comes next adopts
 * it by its name, its record on disk and its cgroup, never by a bare pid.
 */
export interface ProcessSpec {
  /** Unique in the system, fit for a file name: `orders-3f9a2c1d04.0-1`, `postgres-orders`. */
  readonly name: string;
  /** The program and its arguments; a shell command is `['/bin/sh', '-c', command]`. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Undefined: the user that Islet runs as. */
  readonly user: UnixUser | undefined;
  /** Absolute path of the file that gets stdout and stderr, opened for append. */
  readonly log: string;
  readonly limits: Limits;
  /** It yields the processor and the disk to whatever serves: a build, a backup, a drill. */
  readonly background?: boolean;
}

export interface UnixUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Limits {
  /** Cores; undefined: unlimited. */
  readonly cpu: number | undefined;
  readonly memoryBytes: number | undefined;
}

export type ProcessState =
  /** `pid` is the service's own main process, not the shim's. */
  | { readonly kind: 'running'; readonly pid: number; readonly startedAt: number }
  | { readonly kind: 'stopping'; readonly pid: number; readonly since: number }
  /** `how`: `exit 1`, `SIGKILL`, `out of memory`. */
  | { readonly kind: 'exited'; readonly at: number; readonly how: string };

/** One thing that Islet promises where the machine allows it. */
export interface Guarantee {
  /** `memory limits`, `isolation between services`, `whole tree is ended`. */
  readonly name: string;
  readonly held: boolean;
  /** Why not, and what would give it; undefined where it is held. */
  readonly reason: string | undefined;
}

/** Of a whole tree of processes. */
export interface ProcessUsage {
  /** CPU time since it was started, in milliseconds of one core. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export interface Supervisor {
  /**
   * Starts the process, or returns at once where one of that name runs. The intent is on disk before the spawn: a
   * supervisor killed in between leaves either nothing or a process that the next one adopts.
   */
  start(spec: ProcessSpec): Promise<void>;
  /**
   * SIGTERM to every process of the tree, or the given signal to the main process alone; then kills what is left after the
   * grace. Returns when nothing of it runs. Several calls share one effort, and the shortest grace holds.
   */
  stop(name: string, options: { readonly graceMs: number; readonly signal?: NodeJS.Signals }): Promise<void>;
  /** Everything that has a record, running or not. */
  observe(): ReadonlyMap<string, ProcessState>;
  /** Of everything that runs now. */
  usage(): ReadonlyMap<string, ProcessUsage>;
  /** SIGSTOP to every process of the tree, or SIGCONT. What does not run is left alone. */
  suspend(name: string, suspended: boolean): void;
  /** Removes the record, log kept. Refuses while it runs. */
  forget(name: string): Promise<void>;
  /** Calls back within milliseconds of the kernel's word that a process ended, adopted ones included. */
  onExit(listener: (name: string) => void): Disposable;
  guarantees(): readonly Guarantee[];
  /** Closes watches and handles; the processes run on. */
  close(): Promise<void>;
}
