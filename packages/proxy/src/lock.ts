import { DatabaseSync } from 'node:sqlite';

/**
 * An exclusive lock that the kernel gives back when its holder dies, however it dies: a pid in a file can't promise that.
 * Node has no `flock`; SQLite takes one of the same kind on its file. Undefined: another process holds it.
 */
export function takeLock(path: string): Disposable | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => database.close() };
  } catch (thrown) {
    database.close();
    if ((thrown as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw thrown;
  }
}

const SQLITE_BUSY = 5;
