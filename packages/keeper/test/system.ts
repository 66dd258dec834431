import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keeperArgv, livingPid, socketPath } from '@islet/keeper/life';

/** Nothing here is asserted to be fast; a condition that has not come true by then never will. */
const GIVE_UP_MS = 30_000;

const PROGRAM = fileURLToPath(new URL('./fixtures/program.ts', import.meta.url));

/** A state folder with real processes, all of which end with it. */
export class System implements AsyncDisposable {
  readonly state: string;
  readonly #root = mkdtempSync(join(tmpdir(), 'keeper-test-'));

  constructor(options: { readonly programs: Readonly<Record<string, 'live' | 'crash'>>; readonly below?: string }) {
    this.state = join(this.#root, options.below ?? 'state');
    mkdirSync(join(this.state, 'run'), { recursive: true });
    const programs = Object.entries(options.programs).map(([name, mode]) => [name, this.#argv(name, mode)]);
    writeFileSync(join(this.state, 'keeper.json'), JSON.stringify({ programs: Object.fromEntries(programs) }));
  }

  #argv(name: string, mode: string): string[] {
    return [process.execPath, PROGRAM, this.state, name, mode];
  }

  /** Starts a keeper; resolves with its exit code when it ends. */
  startKeeper(): Promise<number | null> {
    const [file = '', ...args] = keeperArgv(this.state);
    const keeper = spawn(file, args, { stdio: 'ignore', detached: true });
    return new Promise((resolve) => keeper.once('exit', resolve));
  }

  startProgram(name: string): void {
    const [file = '', ...args] = this.#argv(name, 'live');
    spawn(file, args, { stdio: 'ignore', detached: true }).unref();
  }

  pid(program: string): Promise<number | undefined> {
    return livingPid({ state: this.state, program, signal: AbortSignal.timeout(GIVE_UP_MS) });
  }

  /** The pid of a living instance, other than `not`. */
  living(program: string, { not }: { readonly not?: number } = {}): Promise<number> {
    return this.until(`${program} lives`, async () => {
      const pid = await this.pid(program);
      return pid === not ? undefined : pid;
    });
  }

  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const deadline = Date.now() + GIVE_UP_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
      await pause(20);
    }
  }

  read(path: string): string {
    try {
      return readFileSync(join(this.state, path), 'utf8');
    } catch {
      return '';
    }
  }

  goDown(): void {
    writeFileSync(join(this.state, 'run', 'down'), '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goDown();
    for (const program of ['keeper', 'control-plane', 'proxy']) {
      await this.until(`${program} ended`, async () => {
        const pid = await this.pid(program);
        if (pid === undefined) return true;
        if (program !== 'keeper') kill(pid);
        return undefined;
      });
    }
    const shortcut = dirname(dirname(socketPath(this.state, 'keeper')));
    if (!shortcut.startsWith(this.#root)) rmSync(shortcut, { recursive: true, force: true });
    rmSync(this.#root, { recursive: true, force: true });
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
