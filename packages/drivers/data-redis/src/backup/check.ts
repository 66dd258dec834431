import { type Login, type Send, withClient } from '../client.ts';
import { wordsOf } from '../shell.ts';

/** Kinds of values, with how one is asked how much is in it. A string is one thing. */
const LENGTHS: Readonly<Record<string, string | undefined>> = {
  string: undefined,
  list: 'LLEN',
  set: 'SCARD',
  zset: 'ZCARD',
  hash: 'HLEN',
  stream: 'XLEN',
};
/** Keys that the server looks at without a pause for others. */
const STEP = '1000';

/**
 * Reads every key, with all that is in it. The server has checked the copy's checksum and the inner structure of every value
 * when it read them at its start.
 */
export async function checkRedis(reader: Login, signal: AbortSignal): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const { database, keys, expires } of await databasesOf(reader, signal)) {
    await withClient(reader, signal, async (send, raw) => {
      await send('SELECT', database);
      let read = 0;
      for await (const some of keysOf(raw)) {
        // One that has expired meanwhile is there no more.
        const sizes = await Promise.allSettled(some.map((key) => send('MEMORY', 'USAGE', key, 'SAMPLES', '0')));
        signal.throwIfAborted();
        const failed = sizes.filter((size) => size.status === 'rejected');
        findings.push(...failed.map(({ reason }) => `database ${database}: ${String(reason)}`));
        read += some.length;
      }
      if (read >= keys - expires) return;
      findings.push(`database ${database} says that it has ${keys} keys, and only ${read} can be read`);
    });
  }
  return findings;
}

/** Keys of each kind in each database, and what is in them. Not as of one moment: the server has no such. */
export async function countRedis(reader: Login, signal: AbortSignal): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { database, keys } of await databasesOf(reader, signal)) {
    await withClient(reader, signal, async (send, raw) => {
      await send('SELECT', database);
      counts[`db${database} keys`] = keys;
      for (const [type, length] of Object.entries(LENGTHS)) {
        let [found, inside] = [0, 0];
        for await (const some of keysOf(raw, 'TYPE', type)) {
          found += some.length;
          if (length === undefined) continue;
          const lengths = await Promise.all(some.map((key) => send(length, key)));
          inside += lengths.reduce<number>((sum, one) => sum + Number(one), 0);
        }
        if (found > 0) counts[`db${database} keys of type ${type}`] = found;
        if (inside > 0) counts[`db${database} in keys of type ${type}`] = inside;
      }
    });
  }
  return counts;
}

/** The first value that a command answers, as text; it can't write. */
export async function askRedis(reader: Login, query: string, signal: AbortSignal): Promise<string | undefined> {
  const words = wordsOf(query);
  if (words === undefined || words.length === 0) throw new Error('it is no command');
  return withClient(reader, signal, async (send) => {
    const [value] = [await send(...words)].flat(Number.POSITIVE_INFINITY);
    return value === undefined || value === null ? undefined : String(value);
  });
}

interface Keyspace {
  readonly database: string;
  readonly keys: number;
  /** Of these, who will go by themselves. */
  readonly expires: number;
}

async function databasesOf(reader: Login, signal: AbortSignal): Promise<readonly Keyspace[]> {
  const info = String(await withClient(reader, signal, (send) => send('INFO', 'keyspace')));
  return [...info.matchAll(/^db(\d+):keys=(\d+),expires=(\d+)/gm)].map(([, database = '', keys, expires]) => ({
    database,
    keys: Number(keys),
    expires: Number(expires),
  }));
}

/** Every key once at least; one that is moved while they are read may come twice. */
async function* keysOf(raw: Send, ...only: readonly string[]): AsyncGenerator<readonly Buffer[]> {
  for (let cursor = '0'; ; ) {
    const [next, keys] = (await raw('SCAN', cursor, 'COUNT', STEP, ...only)) as [Buffer, readonly Buffer[]];
    yield keys;
    cursor = String(next);
    if (cursor === '0') return;
  }
}
