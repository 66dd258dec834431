import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDown } from './down.ts';
import { socketPath } from './socket-path.ts';

/*
 * Keeping a program alive: hold a connection to its life socket, and when that ends, start the program again.
 *
 * A pid would not do. Whoever keeps may itself have been restarted, so the program is often no child of it, and a pid
 * may by now belong to another. A connection is ended by the kernel, at once, whoever the parent is.
 *
 * A refused connection says only that nobody listens yet: the program may be dead, or just starting, perhaps started by
 * somebody else. So starting it twice must be harmless, and is: every program takes its own lock before it listens
 * (`listenLife`), and the second instance ends. A turn is over when the connection ends, or when the process that this
 * turn started is gone before anybody listened. A turn that was short counts towards the back-off, which has no end.
 */

/** A program that lived shorter than this has crashed at its start. */
const SHORT_LIFE_MS = 1_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** Between two looks whether a starting program listens. */
const LOOK_MS = 25;
/** A program that does not listen by then hangs: it is killed and started again. */
const LISTEN_BY_MS = 15_000;

export interface KeepAliveOptions {
  readonly state: string;
  readonly program: string;
  /** Read anew for every start, so that what is started is what is wanted now. */
  readonly command: () => Command;
  readonly signal: AbortSignal;
  /** Gets one line for each start, for a log. */
  readonly report: (line: string) => void;
}

export interface Command {
  readonly argv: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/** Keeps `program` alive until the signal is aborted or the system is asked to go down. */
export async function keepAlive(options: KeepAliveOptions): Promise<void> {
  const { state, program, signal, report } = options;
  const wanted = () => !signal.aborted && !isDown(state);
  let shortLives = 0;
  while (wanted()) {
    const since = performance.now();
    const end = await liveOnce(options);
    if (!wanted()) return;
    shortLives = performance.now() - since < SHORT_LIFE_MS ? shortLives + 1 : 0;
    const pauseMs = backOffMs(shortLives);
    report(`${program} ${end}; starting it again${pauseMs === 0 ? '' : ` in ${pauseMs} ms`}`);
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** 0, 0, 100 ms, 200 ms, … 5 s, by the number of short lives in a row. */
export function backOffMs(shortLives: number): number {
  return shortLives < 2 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (shortLives - 2), MAX_PAUSE_MS);
}

/** The command line of the keeper of a system. */
export function keeperArgv(state: string): readonly string[] {
  return [process.execPath, fileURLToPath(import.meta.resolve('@islet/keeper/main')), '--state', resolve(state)];
}

/**
 * The programs' side of the bargain: the keeper keeps them alive, and each of them keeps the keeper alive. Goes on
 * until disposed, or until the system is asked to go down.
 */
export function reviveKeeper({
  state,
  argv,
}: {
  readonly state: string;
  readonly argv: readonly string[];
}): Disposable {
  const stop = new AbortController();
  const command = () => ({ argv, env: {} });
  void keepAlive({ state, program: 'keeper', command, signal: stop.signal, report: () => undefined });
  return { [Symbol.dispose]: () => stop.abort() };
}

/** From finding or starting the program to its end; says how it ended. */
async function liveOnce(options: KeepAliveOptions): Promise<string> {
  const found = await connectLife(options);
  if (found !== undefined) return await ended(found, options.signal);
  let child: Started;
  try {
    child = start(options);
  } catch (error) {
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
  const line = await firstConnection(child, options);
  return line === undefined ? (child.end() ?? 'did not listen in time') : await ended(line, options.signal);
}

interface Started {
  readonly process: ChildProcess;
  /** Undefined while it runs. */
  readonly end: () => string | undefined;
}

function start({ state, program, command }: KeepAliveOptions): Started {
  const { argv, env } = command();
  const [file, ...args] = argv;
  if (file === undefined) throw new Error(`no command is given for ${program}`);
  mkdirSync(join(state, 'logs'), { recursive: true, mode: 0o700 });
  const log = openSync(join(state, 'logs', `${program}.log`), 'a', 0o600);
  try {
    const stdio = ['ignore', log, log] as const;
    const child = spawn(file, args, { detached: true, stdio: [...stdio], cwd: state, env: { ...process.env, ...env } });
    let end: string | undefined;
    child.once('error', (error) => (end = `could not be started: ${error.message}`));
    child.once('exit', (code, signal) => (end = `ended with ${signal ?? `exit code ${code}`}`));
    child.unref();
    return { process: child, end: () => end };
  } finally {
    closeSync(log);
  }
}

/** Undefined when the started process is gone, or was killed because it hangs. */
async function firstConnection(child: Started, options: KeepAliveOptions): Promise<Socket | undefined> {
  const deadline = performance.now() + LISTEN_BY_MS;
  while (child.end() === undefined && !options.signal.aborted) {
    const line = await connectLife(options);
    if (line !== undefined) return line;
    if (performance.now() > deadline) {
      child.process.kill('SIGKILL');
      return undefined;
    }
    await pause(LOOK_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
  return undefined;
}

/** Undefined where nothing listens, or nothing can: the program's own start says why in its log. */
function connectLife({ state, program }: KeepAliveOptions): Promise<Socket | undefined> {
  return new Promise<Socket | undefined>((resolve) => {
    const line = connect(socketPath(state, `${program}.life`));
    line.once('connect', () => resolve(line));
    line.once('error', () => resolve(undefined));
  }).catch(() => undefined);
}

function ended(line: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const leave = () => line.destroy();
    signal.addEventListener('abort', leave, { once: true });
    line.on('error', leave);
    line.once('close', () => {
      signal.removeEventListener('abort', leave);
      resolve('died');
    });
    line.resume();
    if (signal.aborted) leave();
  });
}
