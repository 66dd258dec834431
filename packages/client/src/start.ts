import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './http.ts';
import { linesOf } from './lines.ts';

export interface StartOptions {
  readonly folder: string;
  readonly stateFolder: string;
  /** The control plane's main module. */
  readonly entry: string;
}

/** A control plane that was started, and what is known of its end. */
export interface StartedChild {
  readonly pid: number | undefined;
  /** It ended because another one lives in the state folder. */
  foundAnother(): boolean;
  how(): string;
  lastLines(): string[];
}

/** How many of a failed control plane's last lines are shown. */
const LAST_LINES = 15;
/** How long a control plane may take to end after its stdin closed. */
const CLOSE_TIMEOUT_MS = 5_000;
/** How much of what it prints is kept for an error. */
const MAX_KEPT = 16_384;

/**
 * Its young garbage is collected in small portions. That makes it a third smaller, and it is never what anything waits
 * for. It passes the flag on to its successors, by what the keeper starts.
 */
const NODE_FLAGS = ['--max-semi-space-size=1'];

export interface StayingChild extends StartedChild {
  readonly logFile: string;
  /** Aborted when it has ended by itself. */
  readonly ended: AbortSignal;
  stop(): void;
}

/** A control plane that outlives us: detached, its output in `logs/control-plane.log`. */
export function startStaying({ folder, stateFolder, entry }: StartOptions): StayingChild {
  // Services pass through the state folder to their own; what else is in it is closed to them.
  mkdirSync(stateFolder, { recursive: true, mode: 0o711 });
  mkdirSync(join(stateFolder, 'logs'), { recursive: true, mode: 0o700 });
  const logFile = join(stateFolder, 'logs', 'control-plane.log');
  const log = openSync(logFile, 'a', 0o600);
  const before = fstatSync(log).size;
  const child = spawn(process.execPath, [...NODE_FLAGS, entry, '--folder', folder, '--state', stateFolder], {
    cwd: folder,
    env: daemonEnvironment(),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const ended = new AbortController();
  child.once('error', () => ended.abort());
  child.once('exit', () => ended.abort());
  return {
    ...knownOf(child, () => readFileSync(logFile).subarray(before).toString('utf8')),
    logFile,
    ended: ended.signal,
    stop: () => child.kill('SIGTERM'),
  };
}

/**
 * What was meant for the command must not go on for ever: a debugger that an editor preloads by NODE_OPTIONS would hold
 * on to every process of Islet, and once its file is gone none of them could be started again.
 */
function daemonEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_PATH: __, ...env } = process.env;
  return env;
}

export interface OnceChild extends StartedChild {
  /** Undefined: it ended, or the signal came, before it said where it listens. */
  readonly target: Target | undefined;
  close(): Promise<void>;
}

/** A control plane that reconciles nothing, says where it listens on its first line, and ends when its stdin closes. */
export async function startOnce({ folder, stateFolder, entry }: StartOptions, signal: AbortSignal): Promise<OnceChild> {
  const child = spawn(process.execPath, [entry, '--folder', folder, '--state', stateFolder, '--once'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (chunk) => {
    printed = (printed + chunk).slice(-MAX_KEPT);
  });
  child.stdin.on('error', () => {});
  const failed = once(child, 'error').then(() => undefined);
  const target = await Promise.race([firstLine(child, signal), failed]);
  const late = signal.aborted;
  if (!target) await close(child);
  const known = knownOf(child, () => printed);
  return {
    ...known,
    how: () => (late ? 'it did not answer in time' : known.how()),
    target,
    close: () => close(child),
  };
}

async function firstLine(child: ChildProcess, signal: AbortSignal): Promise<Target | undefined> {
  if (!child.stdout) return undefined;
  const first = linesOf(child.stdout as AsyncIterable<Buffer>).next();
  const gaveUp = once(signal, 'abort').then(() => undefined);
  const line = await Promise.race([first.catch(() => undefined), gaveUp]);
  if (!line || line.done) return undefined;
  // What it prints later must not fill the pipe and stop it.
  child.stdout.resume();
  return JSON.parse(line.value) as Target;
}

async function close(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function knownOf(child: ChildProcess, printed: () => string): StartedChild {
  return {
    pid: child.pid,
    foundAnother: () => child.exitCode === 0,
    how: () => howEnded(child),
    lastLines: () => printed().split('\n').filter(Boolean).slice(-LAST_LINES),
  };
}

function howEnded(child: ChildProcess): string {
  if (child.pid === undefined) return `${child.spawnfile} could not be run`;
  if (!hasEnded(child)) return 'it did not answer in time';
  return child.signalCode ? `it was killed by ${child.signalCode}` : `it ended with exit ${child.exitCode}`;
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
