import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Cgroups, openCgroups } from './cgroup.ts';
import { environmentProblem } from './environment-file.ts';
import { failpoint } from './failpoint.ts';
import { guaranteesOf } from './guarantees.ts';
import { LIMITS } from './limits.ts';
import type { Guarantee, ProcessSpec, ProcessState, ProcessUsage, Supervisor } from './model.ts';
import { listSlotFolders, SlotFolder } from './record.ts';
import { rotateLog } from './rotate.ts';
import { Slot, type SlotContext } from './slot.ts';
import { Turns } from './turns.ts';

export interface SupervisorOptions {
  /** Keeps the records of supervised processes. One supervisor at a time. */
  readonly folder: string;
  /** The system's id, which names its cgroup: `islet-<id>`. */
  readonly system: string;
  /** Trouble that no caller waits for. */
  readonly log?: (message: string) => void;
}

/** Opens the records and takes over every process in them. Returns when each is known to run, or to have ended. */
export async function openSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(options.system)) throw new Error(`${options.system} is no id of a system`);
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const supervisor = new ProcessSupervisor(options, openCgroups(options.system));
  await supervisor.adopt();
  return supervisor;
}

class ProcessSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #cgroups: Cgroups;
  readonly #slots = new Map<string, Slot>();
  /** Starts and removals of one name happen one after the other. */
  readonly #turns = new Turns();
  readonly #listeners = new Set<(name: string) => void>();
  readonly #rotation: NodeJS.Timeout;
  #isRotating = false;

  constructor(options: SupervisorOptions, cgroups: Cgroups) {
    this.#options = { ...options, folder: resolve(options.folder) };
    this.#cgroups = cgroups;
    this.#rotation = setInterval(() => void this.#rotateLogs(), LIMITS.rotateEveryMs).unref();
  }

  async adopt(): Promise<void> {
    await Promise.all(
      listSlotFolders(this.#options.folder).map(async (folder) => {
        const record = folder.read();
        // Without a record nothing was started: the folder is from before the intent.
        if (record === undefined) folder.remove();
        else this.#slots.set(record.name, await Slot.adopt(this.#context(record.name), record));
      }),
    );
  }

  async start(spec: ProcessSpec): Promise<void> {
    const problem = nameProblem(spec.name) ?? environmentProblem(spec.env);
    if (problem !== undefined) throw new Error(`${spec.name}: ${problem}`);
    await this.#turns.take(spec.name, async () => {
      const before = this.#slots.get(spec.name);
      if (before?.state.kind === 'running' && !before.isEnding) return;
      await before?.ended();
      const slot = Slot.intend(this.#context(spec.name), spec);
      this.#slots.set(spec.name, slot);
      await slot.launch(spec);
    });
  }

  /** Not in turn but at once after a start under way: several stops share one effort, and the shortest grace holds. */
  async stop(name: string, { graceMs, signal }: { graceMs: number; signal?: NodeJS.Signals }): Promise<void> {
    await this.#turns.settled(name);
    await this.#slots.get(name)?.stop({ graceMs, signal });
  }

  observe(): ReadonlyMap<string, ProcessState> {
    return new Map([...this.#slots].map(([name, slot]) => [name, slot.state]));
  }

  usage(): ReadonlyMap<string, ProcessUsage> {
    const running = [...this.#slots].filter(([, slot]) => slot.state.kind === 'running');
    return new Map(running.map(([name, slot]) => [name, slot.usage()]));
  }

  suspend(name: string, suspended: boolean): void {
    const slot = this.#slots.get(name);
    if (slot?.state.kind === 'running') slot.suspend(suspended);
  }

  async forget(name: string): Promise<void> {
    await this.#turns.take(name, async () => {
      const slot = this.#slots.get(name);
      if (slot === undefined) return;
      if (slot.state.kind !== 'exited') throw new Error(`${name} is running: stop it before it is forgotten`);
      failpoint('forget: before the removal');
      new SlotFolder(this.#folderOf(name)).remove();
      this.#slots.delete(name);
    });
  }

  onExit(listener: (name: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  guarantees(): readonly Guarantee[] {
    return guaranteesOf(this.#cgroups);
  }

  async close(): Promise<void> {
    clearInterval(this.#rotation);
    await this.#turns.allSettled();
    for (const slot of this.#slots.values()) slot.close();
    this.#listeners.clear();
  }

  #context(name: string): SlotContext {
    return {
      name,
      folder: new SlotFolder(this.#folderOf(name)),
      cgroups: this.#cgroups,
      marker: `${this.#options.system}/${name}`,
      log: this.#log,
      onExit: () => {
        for (const listener of this.#listeners) listener(name);
      },
    };
  }

  #folderOf(name: string): string {
    return join(this.#options.folder, name);
  }

  /** One after the other: two at the same log would each cut away what the other has copied. */
  async #rotateLogs(): Promise<void> {
    if (this.#isRotating) return;
    this.#isRotating = true;
    for (const [name, slot] of this.#slots) {
      if (slot.state.kind === 'exited') continue;
      await rotateLog(slot.log, LIMITS.rotation).catch((error: Error) => this.#log(`${name}: ${error.message}`));
    }
    this.#isRotating = false;
  }

  readonly #log = (message: string): void => this.#options.log?.(message);
}

function nameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/.test(name)) return undefined;
  return 'a process needs a name of at most 120 letters, digits, dots, dashes and underscores';
}
