import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from './client.ts';
import { hasControlFile, readControlFile } from './control-file.ts';
import { ApiError } from './errors.ts';
import type { Target } from './http.ts';
import { isAlive } from './process.ts';
import { type OnceChild, startOnce, startStaying } from './start.ts';

/**
 * From a system's folder to a client that answers.
 *
 * `stay` starts a control plane where none runs, and leaves it running. `once` starts one that reconciles nothing and
 * ends with the connection: for asking about a system that is down. `never` starts nothing.
 */
export interface ConnectOptions {
  /** Absolute path of the system's folder. */
  readonly folder: string;
  readonly stateFolder: string;
  readonly start: 'stay' | 'once' | 'never';
  /** The control plane's main module; this package does not know where it is. */
  readonly entry: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Connection extends AsyncDisposable {
  readonly client: Client;
  /** Where its control plane listens. */
  readonly url: string;
  /** Whose answer it was: one that ran, one that was started to stay, or one that ends with the connection. */
  readonly kind: 'running' | 'started' | 'once';
  readonly pid: number;
  readonly version: string;
}

/** How long a control plane may take until it answers; the last lines that it printed are in the error. */
const START_TIMEOUT_MS = 10_000;
/** How long a keeper may take to start one that was killed again. */
const REVIVAL_TIMEOUT_MS = 3_000;
/** How long one that runs may take to say so. */
const PROBE_TIMEOUT_MS = 5_000;
const POLL_MS = 20;

export async function connect(options: ConnectOptions): Promise<Connection> {
  const running = await probe(options.stateFolder, options.signal);
  if (running) return running;
  switch (options.start) {
    case 'never':
      return revived(options);
    case 'once':
      return once(options);
    case 'stay':
      return stay(options);
  }
}

/** Waits for a control plane that went away to come back: its keeper revives it. */
export async function reconnect(stateFolder: string, signal: AbortSignal, patienceMs: number): Promise<Connection> {
  const deadline = AbortSignal.timeout(patienceMs);
  const back = await waitFor(() => probe(stateFolder, signal), AbortSignal.any([signal, deadline]));
  signal.throwIfAborted();
  if (back) return back;
  throw new ApiError('unavailable', `the control plane went away and did not come back within ${patienceMs / 1000} s`, {
    hint: 'services go on serving without it; `islet up` starts it again',
  });
}

/** The control plane that this state folder names, if it answers. */
export async function probe(stateFolder: string, signal?: AbortSignal): Promise<Connection | undefined> {
  const file = readControlFile(stateFolder);
  if (!file) return undefined;
  const client = createClient(file);
  const limit = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const { processes, version } = await client.status(
      {},
      { signal: signal ? AbortSignal.any([signal, limit]) : limit },
    );
    return connection(client, { kind: 'running', url: file.url, pid: processes.controlPlane.pid, version });
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) throw hung(file.pid);
    // After a reboot the file may name a port that is another's by now.
    if (error instanceof ApiError && (error.code === 'unavailable' || !isAlive(file.pid))) return undefined;
    throw error;
  }
}

/** A control plane that ended in order took its `control.json` with it; one that was killed is on its way back. */
async function revived({ folder, stateFolder, signal }: ConnectOptions): Promise<Connection> {
  if (!hasControlFile(stateFolder)) throw notRunning(folder);
  const deadline = AbortSignal.timeout(REVIVAL_TIMEOUT_MS);
  const stop = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const back = await waitFor(() => probe(stateFolder, signal), stop);
  signal?.throwIfAborted();
  if (back === undefined) throw notRunning(folder);
  return back;
}

/**
 * One control plane lives in a state folder at a time, and one that finds another ends with exit 0. The other may be
 * one that another command started to stay, which is then ours too, or one that is about to end: hence again and again.
 */
async function stay(options: ConnectOptions): Promise<Connection> {
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS);
  const stop = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  while (true) {
    const child = startStaying(options);
    const ended = AbortSignal.any([child.ended, stop]);
    const found = await waitFor(() => probe(options.stateFolder, options.signal), ended);
    // Where another command was quicker, ours must not start late, when the other's has been asked to end.
    if (found?.pid !== child.pid) child.stop();
    options.signal?.throwIfAborted();
    if (found) return { ...found, kind: 'started' };
    if (child.foundAnother() && !deadline.aborted) continue;
    throw notStarted(child.how(), child.lastLines(), `its log is ${child.logFile}`);
  }
}

async function once(options: ConnectOptions): Promise<Connection> {
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS);
  const stop = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  while (true) {
    const child = await startOnce(options, stop);
    options.signal?.throwIfAborted();
    if (child.target) return speakTo(child, child.target, options.signal);
    if (!child.foundAnother() || deadline.aborted) throw notStarted(child.how(), child.lastLines());
    await delay(POLL_MS, undefined, { signal: stop }).catch(() => {});
    const running = await probe(options.stateFolder, options.signal);
    if (running) return running;
  }
}

async function speakTo(child: OnceChild, target: Target, signal: AbortSignal | undefined): Promise<Connection> {
  try {
    const client = createClient(target);
    const { version } = await client.status({}, { signal });
    return connection(client, { kind: 'once', url: target.url, pid: child.pid ?? 0, version }, () => child.close());
  } catch (error) {
    await child.close();
    throw error;
  }
}

function notStarted(how: string, lines: readonly string[], hint?: string): ApiError {
  return new ApiError('unavailable', ['the control plane did not start', how, ...lines].join('\n  '), { hint });
}

function connection(
  client: Client,
  about: Pick<Connection, 'kind' | 'url' | 'pid' | 'version'>,
  close: () => Promise<void> = async () => {},
): Connection {
  return { client, ...about, [Symbol.asyncDispose]: close };
}

/** Asks again and again until there is an answer or the signal; undefined: the signal came first. */
async function waitFor<T>(ask: () => Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> {
  while (true) {
    const answer = await ask();
    if (answer !== undefined || signal.aborted) return answer;
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

function hung(pid: number): ApiError {
  return new ApiError('unavailable', `the control plane (pid ${pid}) does not answer`, {
    hint: `kill -KILL ${pid}: its keeper starts it again, and services go on serving meanwhile`,
  });
}

function notRunning(folder: string): ApiError {
  return new ApiError('unavailable', `the system in ${folder} is not running`, { hint: '`islet up` starts it' });
}
