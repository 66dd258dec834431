import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { removeShortcut, socketPath } from './socket-path.ts';

export { isDown, untilDown } from './down.ts';
export { closeInherited } from './inherited.ts';
export { keeperArgv, reviveKeeper } from './keep-alive.ts';
export { livingPid } from './living-pid.ts';
export { socketPath } from './socket-path.ts';

/** The keeper and the programs that it keeps; far more than that means that somebody leaks connections. */
const MAX_WATCHERS = 64;
/** A predecessor that was just killed may still be letting go of its lock. */
const LOCK_WAIT_MS = 200;

export interface LifeOptions {
  /** The system's state folder. */
  readonly state: string;
  /** `control-plane`, `proxy`, `keeper`. */
  readonly program: string;
}

export interface Life {
  /**
   * Ends the watchers' connections and lets the next instance in. The kernel does the same when the process dies. The
   * last process of a system takes with it what leads to the sockets of all.
   */
  close(options?: { readonly isLast: boolean }): Promise<void>;
}

/**
 * Makes this process the one instance of `program`, and lets others watch it: it listens on `run/<program>.life.sock`,
 * says its pid there and nothing more, and the end of a connection is the kernel's word that it has died. Undefined
 * when another instance lives.
 */
export async function listenLife({ state, program }: LifeOptions): Promise<Life | undefined> {
  mkdirSync(join(state, 'run'), { recursive: true, mode: 0o700 });
  const lock = takeLock(join(state, 'run', `${program}.lock`));
  if (lock === undefined) return undefined;
  const watchers = new Set<Socket>();
  try {
    // Not before: whoever was the last of the system lets go of the lock after the way there.
    const path = socketPath(state, `${program}.life`);
    rmSync(path, { force: true });
    const server = await listen(path, watchers);
    return {
      close: async ({ isLast } = { isLast: false }) => {
        await close(server, watchers);
        if (isLast) removeShortcut(state);
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * A transaction of SQLite, for its lock alone: the kernel lets go of it when the process dies, however it dies. It
 * writes nothing, so that a full disk keeps no program from being started again.
 */
function takeLock(path: string): DatabaseSync | undefined {
  const lock = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function listen(path: string, watchers: Set<Socket>): Promise<Server> {
  const server = createServer((watcher) => {
    watchers.add(watcher);
    watcher.on('close', () => watchers.delete(watcher));
    // A watcher that is killed resets its connection: nothing to us.
    watcher.on('error', () => watcher.destroy());
    watcher.resume();
    watcher.write(`${process.pid}\n`);
  });
  server.maxConnections = MAX_WATCHERS;
  return new Promise((resolve, reject) => {
    // Later ones, such as a lack of file descriptors at a watcher's connection, are no reason to die.
    server.on('error', reject);
    server.listen(path, () => resolve(server));
  });
}

async function close(server: Server, watchers: Set<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const watcher of watchers) watcher.destroy();
  await closed;
}
