import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SlotGroups } from './cgroup.ts';
import { bootId } from './proc.ts';

/**
 * What is on disk of a slot, in a folder of its own: `record.json`, written whole before the effect that it announces;
 * `life`, the FIFO; `pid` and `exit`, written by the shim. No environment and no arguments: they may hold secrets.
 */
export interface SlotRecord {
  readonly name: string;
  readonly log: string;
  readonly groups: SlotGroups;
  /** Of the boot in which it was started. */
  readonly boot: string;
  readonly intendedAt: number;
  /** Undefined: its end is not yet recorded, whether it runs or not. */
  readonly ended: { readonly at: number; readonly how: string } | undefined;
}

export class SlotFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get lifeLine(): string {
    return join(this.path, 'life');
  }

  get environment(): string {
    return join(this.path, 'environment');
  }

  /** Undefined where nothing was recorded, or a power cut took the bytes: then nothing of that boot runs. */
  read(): SlotRecord | undefined {
    try {
      return JSON.parse(readIfThere(join(this.path, 'record.json')) ?? '') as SlotRecord;
    } catch {
      return undefined;
    }
  }

  write(record: SlotRecord): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const draft = join(this.path, 'record.json.new');
    writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
    renameSync(draft, join(this.path, 'record.json'));
  }

  /** Forgets what the shim of an earlier start wrote. The old record still tells of its end. */
  clearTraces(): void {
    for (const file of ['pid', 'exit']) rmSync(join(this.path, file), { force: true });
  }

  /** It has a name only for the instant in which it is written; a supervisor killed there leaves it. */
  clearEnvironment(): void {
    rmSync(this.environment, { force: true });
  }

  /** The main process and when it was started; undefined: it was not yet. */
  started(): { readonly pid: number; readonly startedAt: number } | undefined {
    const pid = this.#number('pid');
    return pid && { pid: pid.value, startedAt: pid.at };
  }

  /** How it ended, by what the shim left. A status above 128 is a shell's word for a signal. */
  end(record: SlotRecord, signalName: (number: number) => string | undefined): { at: number; how: string } {
    const exit = this.#number('exit');
    if (exit !== undefined) {
      const signal = exit.value > 128 ? signalName(exit.value - 128) : undefined;
      return { at: exit.at, how: signal ?? `exit ${exit.value}` };
    }
    if (record.boot !== bootId()) return { at: Date.now(), how: 'the machine restarted' };
    if (this.started() === undefined) return { at: Date.now(), how: 'never started' };
    return { at: Date.now(), how: 'SIGKILL' };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** A line is complete only with its newline. */
  #number(file: string): { readonly value: number; readonly at: number } | undefined {
    const path = join(this.path, file);
    const text = readIfThere(path);
    if (!text?.endsWith('\n')) return undefined;
    return { value: Number(text), at: Math.floor(statSync(path).mtimeMs) };
  }
}

export function listSlotFolders(folder: string): SlotFolder[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => new SlotFolder(join(folder, entry.name)));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
