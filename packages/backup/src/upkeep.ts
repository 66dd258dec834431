import { type CallOptions, DriverError, type LogChunk, type LogForm, logCount } from '@islet/driver';
import { readCatalog } from './catalog.ts';
import { logName } from './names.ts';
import { readLog } from './read-copy.ts';
import { garbageOf, mergesOf, type Retention } from './retention.ts';
import type { Vault } from './vault.ts';

export interface UpkeepRequest extends Retention {
  /** How pieces of the engine's log are put together; undefined: it has none. */
  readonly log: LogForm | undefined;
}

/** Merges small pieces of the log, then deletes what is not kept. Cut short at any point, it leaves nothing incomplete. */
export async function upkeep(
  vault: Vault,
  { keep, pitr, now, log }: UpkeepRequest,
  options: CallOptions,
): Promise<number> {
  const before = await readCatalog(vault, options);
  const join = log && JOINED[log];
  for (const era of before.eras) {
    for (const pieces of mergesOf(era, now)) {
      const [first, last] = [pieces[0], pieces.at(-1)];
      if (join === undefined || first === undefined || last === undefined) continue;
      const at = Math.max(...pieces.map((piece) => piece.at));
      const merged = logName(era.id, { from: first.from, to: last.to, at });
      const chunks = await collect(readLog(vault, pieces, options));
      await vault.put(merged, join(chunks), options);
      await vault.get(merged, options);
    }
  }
  const garbage = garbageOf(await readCatalog(vault, options), { keep, pitr, now });
  for (const name of garbage) await vault.remove(name, options);
  return garbage.length;
}

type Chunks = readonly Pick<LogChunk, 'from' | 'to' | 'bytes'>[];

const JOINED: Readonly<Record<LogForm, (chunks: Chunks) => Uint8Array>> = {
  /** What overlaps stands there once. */
  bytes: (chunks) => {
    const parts: Uint8Array[] = [];
    let at = chunks[0] === undefined ? 0n : logCount(chunks[0].from);
    for (const { from, to, bytes } of chunks) {
      const [begin, end] = [logCount(from), logCount(to)];
      if (end - begin !== BigInt(bytes.length))
        throw new DriverError('damaged', `the log from ${from} to ${to} has another length`);
      if (begin > at) throw new DriverError('internal', `the log before ${from} is missing, and can't be merged`);
      parts.push(bytes.subarray(Number(at - begin)));
      at = end;
    }
    return Buffer.concat(parts);
  },
  /** Whoever reads them leaves out what comes twice. */
  frames: (chunks) => Buffer.concat(chunks.map(({ bytes }) => bytes)),
};

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
