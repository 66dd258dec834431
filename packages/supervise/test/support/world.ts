import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openSupervisor, type ProcessSpec, type ProcessState, type Supervisor } from '../../src/index.ts';
import { isAlive, readStat } from '../../src/proc.ts';

/** A folder of its own and the supervisors opened on it; at the end of the test, nothing of it runs and nothing is left. */
export class World {
  static #count = 0;
  readonly folder = mkdtempSync(join(tmpdir(), 'islet-supervise-'));
  readonly system = `test${process.pid}-${World.#count++}`;
  readonly #open = new Set<Supervisor>();

  constructor(t: TestContext) {
    t.after(() => this.#cleanUp());
  }

  async open(): Promise<Supervisor> {
    const supervisor = await openSupervisor({ folder: this.path('processes'), system: this.system });
    this.#open.add(supervisor);
    return supervisor;
  }

  async close(supervisor: Supervisor): Promise<void> {
    this.#open.delete(supervisor);
    await supervisor.close();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A shell script as a supervised process. */
  spec(name: string, script: string, options: Partial<ProcessSpec> = {}): ProcessSpec {
    return {
      name,
      argv: ['/bin/sh', '-c', script],
      cwd: this.folder,
      env: { PATH: process.env.PATH ?? '' },
      user: undefined,
      log: this.path(`logs/${name}.log`),
      limits: { cpu: undefined, memoryBytes: undefined },
      ...options,
    };
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : '';
  }

  /** Those of the pids in a file, one in each line, that are alive. */
  alive(file: string): number[] {
    return this.read(file)
      .split('\n')
      .filter(Boolean)
      .map(Number)
      .filter((pid) => isAlive(readStat(pid)));
  }

  async #cleanUp(): Promise<void> {
    for (const supervisor of this.#open) await supervisor.close();
    const last = await openSupervisor({ folder: this.path('processes'), system: this.system });
    for (const name of last.observe().keys()) {
      await last.stop(name, { graceMs: 0 });
      await last.forget(name);
    }
    await last.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits for a condition of the world outside, which nobody announces. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await pause(3);
  }
}

export function stateOf(supervisor: Supervisor, name: string): ProcessState {
  const state = supervisor.observe().get(name);
  if (state === undefined) throw new Error(`${name} has no record`);
  return state;
}

export function pidOf(supervisor: Supervisor, name: string): number {
  const state = stateOf(supervisor, name);
  if (state.kind === 'exited') throw new Error(`${name} has ended: ${state.how}`);
  return state.pid;
}

export async function untilExited(supervisor: Supervisor, name: string): Promise<string> {
  await until(() => stateOf(supervisor, name).kind === 'exited', `${name} exits`);
  const state = stateOf(supervisor, name);
  return state.kind === 'exited' ? state.how : state.kind;
}
