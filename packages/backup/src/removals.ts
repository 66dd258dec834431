import { open, readFile, truncate } from 'node:fs/promises';
import { writeWhole } from '@islet/driver/write-whole';

/** What was removed in the first place, and may still be in the second. */
export interface Removals {
  /** Durable when it returns. */
  add(name: string): Promise<void>;
  /** In the order in which they were added. */
  all(): Promise<readonly string[]>;
  /** None is left to be made. */
  clear(): Promise<void>;
}

/**
 * In a file of one line each, with the second place that it is about: of another place they say nothing. A line that a killed
 * process has not written to its end is no JSON, and the next begins on a line of its own.
 */
export function removalsIn(file: string, place: string): Removals {
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other, in the order in which they are called: what is added after a `clear` stays. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const next = last.then(act);
    last = next.catch(() => {});
    return next;
  };
  const add = async (name: string) => {
    const handle = await open(file, 'a', 0o600);
    try {
      await writeWhole(handle, Buffer.from(`\n${JSON.stringify([place, name])}`));
      await handle.datasync();
    } finally {
      await handle.close();
    }
  };
  const all = async () => {
    const lines = (await readFile(file, 'utf8').catch(unlessAbsent(''))).split('\n');
    return [...new Set(lines.flatMap((line) => nameIn(line, place)))];
  };
  return {
    add: (name) => inTurn(() => add(name)),
    all: () => inTurn(all),
    clear: () => inTurn(() => truncate(file).catch(unlessAbsent(undefined))),
  };
}

function nameIn(line: string, place: string): readonly string[] {
  try {
    const [of, name] = JSON.parse(line) as readonly [string, string];
    return of === place ? [name] : [];
  } catch {
    return [];
  }
}

function unlessAbsent<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  };
}
