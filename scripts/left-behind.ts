import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from './repository.ts';

/*
 * node scripts/left-behind.ts <folder …>: waits until its input ends, which is when its parent does; then ends what runs in
 * these folders, removes them, and prints a line for each process that had to be ended. See run-folder.ts.
 */

const PURGE_MS = 30_000;
/** For what is ending by itself. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 100;

interface Process {
  readonly pid: number;
  readonly argv: readonly string[];
}

async function main(folders: readonly string[]): Promise<void> {
  // Who reads it may be gone.
  process.stdout.on('error', () => undefined);
  await inputEnds();
  const tests = () => runningIn(folders).filter(({ argv }) => argv.some(isTest));
  await endAll(tests);
  const left = await afterPatience(() => runningIn(folders));
  for (const state of new Set(left.flatMap(stateOf))) purge(state, folders[0]);
  await endAll(() => runningIn(folders));
  for (const { pid, argv } of left) process.stdout.write(`left running: ${pid} ${argv.join(' ')}\n`);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

async function inputEnds(): Promise<void> {
  for await (const _ of process.stdin);
}

/** Those that were started with one of these folders, or are in it; not this process, nor its parent. */
function runningIn(folders: readonly string[]): readonly Process[] {
  return pids().flatMap((pid) => {
    const argv = read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);
    const told = [...argv, read(`/proc/${pid}/environ`), cwdOf(pid)].join('\0');
    return folders.some((folder) => told.includes(folder)) ? [{ pid, argv }] : [];
  });
}

function pids(): readonly number[] {
  try {
    const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return names.map(Number).filter((pid) => pid !== process.pid);
  } catch {
    // Not Linux.
    return [];
  }
}

function isTest(word: string): boolean {
  return word === '--test' || word.endsWith('.test.ts');
}

/** The state folder of a control plane. */
function stateOf({ argv }: Process): readonly string[] {
  const at = argv.indexOf('--state');
  const state = argv[at + 1];
  return at > 0 && state !== undefined && argv.some((word) => word.endsWith('/control-plane/src/main.ts'))
    ? [state]
    : [];
}

/** Its users and cgroups too go this way, which end with no process. */
function purge(state: string, temporary: string | undefined): void {
  const argv = [join(ROOT, 'packages/cli/src/main.ts'), 'down', '--purge', '--yes', '--state', state];
  // Where a state's path is long, its sockets are in the temporary folder.
  const env = { ...process.env, TMPDIR: temporary };
  spawnSync(process.execPath, argv, { cwd: '/', env, stdio: 'ignore', timeout: PURGE_MS, killSignal: 'SIGKILL' });
}

async function afterPatience(look: () => readonly Process[]): Promise<readonly Process[]> {
  for (let left = PATIENCE_MS; left > 0 && look().length > 0; left -= LOOK_MS) await pause(LOOK_MS);
  return look();
}

/** More than once: what is being ended may start another meanwhile. */
async function endAll(look: () => readonly Process[]): Promise<void> {
  for (let left = PATIENCE_MS; left > 0; left -= LOOK_MS) {
    const found = look();
    if (found.length === 0) return;
    for (const { pid } of found) end(pid);
    await pause(LOOK_MS);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Empty where the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) await main(process.argv.slice(2));
