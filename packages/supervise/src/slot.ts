import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cgroups, makeGroups, planGroups, ranOutOfMemory, removeGroups } from './cgroup.ts';
import { failpoint } from './failpoint.ts';
import { launch } from './launch.ts';
import { isHeld, listen, makeLifeLine } from './life-line.ts';
import { LIMITS } from './limits.ts';
import type { ProcessSpec, ProcessState, ProcessUsage } from './model.ts';
import { bootId } from './proc.ts';
import type { SlotFolder, SlotRecord } from './record.ts';
import { signalAll, type Tree, treeOf } from './tree.ts';
import { usageOf } from './usage.ts';

export interface SlotContext {
  readonly name: string;
  readonly folder: SlotFolder;
  readonly cgroups: Cgroups;
  /** `<system>/<name>`: see scanned-tree.ts. */
  readonly marker: string;
  readonly log: (message: string) => void;
  readonly onExit: () => void;
}

/**
 * One name, from its start to its recorded end. The order is always the same: record the intent, make the cgroups, spawn;
 * and at the end: the life line breaks, what is left of the tree is killed, its end is recorded, listeners are told. An
 * orphan that outlived its main process would hold its port against the restart, so a slot has ended only when it is empty.
 *
 * Whoever is killed anywhere in between leaves a record without an end. The next supervisor asks the life line whether it
 * runs, and goes on from there.
 */
export class Slot {
  readonly #context: SlotContext;
  #record: SlotRecord;
  #state: ProcessState;
  #lifeLine: Disposable | undefined;
  /** Rings when the pid is written, and when the shim is gone. */
  #bell = Promise.withResolvers<void>();
  /** Wakes whoever pauses between two looks at a tree that is ending. */
  #wake = new AbortController();
  /**
   * Set while it is being stopped, by the clock that nobody can put forward or back. A later stop can only bring it
   * forward.
   */
  #killAt: number | undefined;
  #ending: Promise<void> | undefined;
  #closed = false;

  private constructor(context: SlotContext, record: SlotRecord, state: ProcessState) {
    this.#context = context;
    this.#record = record;
    this.#state = state;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Its main process is gone, or it is being stopped. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  get log(): string {
    return this.#record.log;
  }

  /** Records the intent. Nothing runs before `launch`. */
  static intend(context: SlotContext, spec: ProcessSpec): Slot {
    requireFolder(spec.cwd);
    failpoint('start: before the intent');
    context.folder.clearTraces();
    const now = Date.now();
    const groups = planGroups(context.cgroups, spec);
    const record = { name: spec.name, log: spec.log, groups, boot: bootId(), intendedAt: now, ended: undefined };
    context.folder.write(record);
    failpoint('start: after the intent');
    return new Slot(context, record, { kind: 'running', pid: 0, startedAt: now });
  }

  /** Returns when the main process runs. Where that fails, its end is recorded before the error is thrown. */
  async launch(spec: ProcessSpec): Promise<void> {
    try {
      await makeLifeLine(this.#context.folder.lifeLine);
      makeGroups(this.#record.groups, spec);
      failpoint('start: after the cgroup');
      await this.#spawn(spec);
      failpoint('start: after the pid');
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /** Takes over what an earlier supervisor left: running, half started, or ended and not yet cleaned up. */
  static async adopt(context: SlotContext, record: SlotRecord): Promise<Slot> {
    context.folder.clearEnvironment();
    if (record.ended !== undefined) {
      removeGroups(record.groups);
      return new Slot(context, record, { kind: 'exited', ...record.ended });
    }
    const slot = new Slot(context, record, { kind: 'running', pid: 0, startedAt: record.intendedAt });
    if (isHeld(context.folder.lifeLine)) {
      slot.#listen();
      await slot.#untilStarted().catch((error: Error) => context.log(error.message));
    } else {
      await slot.#end();
    }
    return slot;
  }

  async stop({ graceMs, signal }: { graceMs: number; signal: NodeJS.Signals | undefined }): Promise<void> {
    if (this.#state.kind === 'exited') return;
    const killAt = performance.now() + graceMs;
    if (this.#killAt === undefined) {
      this.#killAt = killAt;
      if (this.#state.kind === 'running') {
        this.#state = { kind: 'stopping', pid: this.#state.pid, since: Date.now() };
      }
      if (graceMs > 0) this.#signal(signal);
      failpoint('stop: after the signal');
    } else {
      this.#killAt = Math.min(this.#killAt, killAt);
    }
    this.#wakeUp();
    await within(this.#end(), this.#killAt - performance.now() + LIMITS.killMs, () => this.#stuck());
  }

  /** Settles when it has ended, whoever or whatever ends it. */
  async ended(): Promise<void> {
    if (this.#state.kind !== 'exited') await this.#end();
  }

  usage(): ProcessUsage {
    return usageOf(this.#record.groups.tree, this.#tree().members());
  }

  suspend(suspended: boolean): void {
    signalAll(this.#tree().members(), suspended ? 'SIGSTOP' : 'SIGCONT');
  }

  /** The processes run on. */
  close(): void {
    this.#closed = true;
    this.#lifeLine?.[Symbol.dispose]();
    this.#wakeUp();
  }

  async #spawn(spec: ProcessSpec): Promise<void> {
    const { folder, marker } = this.#context;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const onStarted = () => {
      failpoint('start: after the spawn');
      this.#listen();
    };
    launch({ spec, folder, record: this.#record, marker, onStarted, onError: failed.reject });
    await Promise.race([this.#untilStarted(), failed.promise]);
  }

  #listen(): void {
    this.#lifeLine = listen(this.#context.folder.lifeLine, {
      onBell: () => this.#bell.resolve(),
      onEnd: () => {
        this.#bell.resolve();
        this.#wakeUp();
        this.#end().catch((error: Error) => this.#context.log(`${this.#context.name}: ${error.message}`));
      },
    });
  }

  async #untilStarted(): Promise<void> {
    if (this.#context.folder.started() === undefined) {
      await within(this.#bell.promise, LIMITS.startMs, () => `${this.#context.name} did not start in time`);
    }
    const started = this.#context.folder.started();
    if (started !== undefined && this.#state.kind === 'running') this.#state = { kind: 'running', ...started };
  }

  /**
   * SIGTERM goes to every process of the tree, as systemd's `KillMode=control-group` does. Another signal is a word of the
   * program's own protocol (SIGINT is PostgreSQL's fast shutdown) and goes to the main process, as `KillMode=mixed` does.
   * SIGCONT lets one that is stopped hear it.
   */
  #signal(signal: NodeJS.Signals | undefined): void {
    const members = this.#tree().members();
    const main = members.filter((pid) => pid === this.#context.folder.started()?.pid);
    signalAll(signal === undefined ? members : main, signal ?? 'SIGTERM');
    signalAll(members, 'SIGCONT');
  }

  /** Waits until the tree is empty, killing what is left of it when its time is up, then records the end. */
  #end(): Promise<void> {
    this.#ending ??= this.#untilEmpty().then((empty) => {
      if (empty) return this.#recordEnd();
      return undefined;
    });
    return this.#ending;
  }

  async #untilEmpty(): Promise<boolean> {
    const tree = this.#tree();
    const { first, longest } = tree.lookMs;
    for (let lookMs = first; !tree.isEmpty(); lookMs = Math.min(lookMs * 2, longest)) {
      if (this.#closed) return false;
      if (performance.now() >= (this.#killAt ?? 0)) tree.kill();
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      await pause(lookMs, undefined, { signal: this.#wake.signal }).catch(() => {});
    }
    return true;
  }

  async #recordEnd(): Promise<void> {
    const { folder, log, name } = this.#context;
    const { groups } = this.#record;
    const end = folder.end(this.#record, signalName);
    const ended = end.how !== 'exit 0' && ranOutOfMemory(groups) ? { ...end, how: 'out of memory' } : end;
    failpoint('end: before the record');
    this.#record = { ...this.#record, ended };
    try {
      folder.write(this.#record);
    } catch (error) {
      // On a full disk the end is known to this supervisor, and the next finds it out again.
      log(`${name}: its end can't be recorded: ${String(error)}`);
    }
    failpoint('end: after the record');
    const giveUpAt = performance.now() + LIMITS.removeGroupMs;
    while (!removeGroups(groups) && performance.now() < giveUpAt) await pause(LIMITS.lookMs.first);
    if (!removeGroups(groups)) log(`${name}: its cgroup can't be removed: ${groups.tree}`);
    this.#lifeLine?.[Symbol.dispose]();
    this.#state = { kind: 'exited', ...ended };
    this.#context.onExit();
  }

  #tree(): Tree {
    return treeOf({ group: this.#record.groups.tree, marker: this.#context.marker });
  }

  #wakeUp(): void {
    this.#wake.abort();
  }

  #stuck(): string {
    return `${this.#context.name}: processes ${this.#tree().members().join(', ')} survive SIGKILL`;
  }
}

function requireFolder(cwd: string): void {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`the working directory ${cwd} does not exist`);
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

async function within(promise: Promise<void>, ms: number, message: () => string): Promise<void> {
  const timer = new AbortController();
  const late = pause(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(message());
  });
  late.catch(() => {});
  try {
    await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
