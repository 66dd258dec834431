import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from './errors.ts';
import type { Target } from './http.ts';
import { linesOf } from './lines.ts';

interface StartOptions {
  readonly folder: string;
  readonly stateFolder: string;
  readonly entry: string;
  readonly signal?: AbortSignal | undefined;
}

/** How many of a failed control plane's last lines are shown. */
const LAST_LINES = 15;
/** How long a control plane may take to end after its stdin closed. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Another command may have started one at the same time: the loser ends, and the winner may need this long. */
const LOSER_GRACE_MS = 2_000;

export interface StayingChild {
  readonly pid: number | undefined;
  readonly logFile: string;
  /** Aborted a moment after it ended by itself; the reason says how. */
  readonly ended: AbortSignal;
  lastLines(): string[];
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
  const child = spawn(process.execPath, [entry, '--folder', folder, '--state', stateFolder], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  return {
    pid: child.pid,
    logFile,
    ended: endOf(child, LOSER_GRACE_MS),
    lastLines: () => lastLines(readFileSync(logFile).subarray(before).toString('utf8')),
    stop: () => child.kill('SIGTERM'),
  };
}

export interface OnceChild {
  readonly target: Target;
  readonly pid: number;
  close(): Promise<void>;
}

/** A control plane that reconciles nothing, says where it listens on its first line, and ends when its stdin closes. */
export async function startOnce(options: StartOptions & { timeoutMs: number }): Promise<OnceChild> {
  const { folder, stateFolder, entry } = options;
  const child = spawn(process.execPath, [entry, '--folder', folder, '--state', stateFolder, '--once'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-16_384);
  });
  child.stdin.on('error', () => {});
  const late = AbortSignal.timeout(options.timeoutMs);
  const limit = AbortSignal.any([late, ...(options.signal ? [options.signal] : [])]);
  const target = await firstLine(child, limit);
  if (target) return { target, pid: child.pid ?? 0, close: () => close(child) };
  await close(child);
  options.signal?.throwIfAborted();
  const how = late.aborted ? `it did not answer within ${options.timeoutMs / 1000} s` : howEnded(child);
  throw new ApiError('unavailable', ['the control plane did not start', how, ...lastLines(errors)].join('\n  '));
}

async function firstLine(child: ChildProcess, signal: AbortSignal): Promise<Target | undefined> {
  if (!child.stdout) return undefined;
  const first = linesOf(child.stdout as AsyncIterable<Buffer>).next();
  const gaveUp = once(signal, 'abort').catch(() => {});
  const line = await Promise.race([first.catch(() => undefined), gaveUp]);
  if (!line || Array.isArray(line) || line.done) return undefined;
  // What it prints later must not fill the pipe and stop it.
  child.stdout.resume();
  return JSON.parse(line.value) as Target;
}

async function close(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function endOf(child: ChildProcess, afterMs: number): AbortSignal {
  const controller = new AbortController();
  const tell = (how: string) => setTimeout(() => controller.abort(how), afterMs).unref();
  child.once('error', (error) => tell(`it could not be run: ${error.message}`));
  child.once('exit', () => tell(howEnded(child)));
  return controller.signal;
}

function howEnded({ signalCode, exitCode }: ChildProcess): string {
  return signalCode ? `it was killed by ${signalCode}` : `it ended with exit ${exitCode}`;
}

function lastLines(text: string): string[] {
  return text.split('\n').filter(Boolean).slice(-LAST_LINES);
}
