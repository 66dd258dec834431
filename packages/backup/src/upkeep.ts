import { type CallOptions, DriverError, logCount } from '@islet/driver';
import { readCatalog } from './catalog.ts';
import { logName } from './names.ts';
import { readLog } from './read-copy.ts';
import { garbageOf, mergesOf, type Retention } from './retention.ts';
import type { Vault } from './vault.ts';

export interface UpkeepRequest extends Retention {
  /** The engine has a log. */
  readonly canMerge: boolean;
}

/** Merges small pieces of the log, then deletes what is not kept. Cut short at any point, it leaves nothing incomplete. */
export async function upkeep(
  vault: Vault,
  { keep, pitr, now, canMerge }: UpkeepRequest,
  options: CallOptions,
): Promise<number> {
  const before = await readCatalog(vault, options);
  for (const era of canMerge ? before.eras : []) {
    for (const pieces of mergesOf(era, now)) {
      const [first, last] = [pieces[0], pieces.at(-1)];
      if (first === undefined || last === undefined) continue;
      const at = Math.max(...pieces.map((piece) => piece.at));
      const merged = logName(era.id, { from: first.from, to: last.to, at });
      const chunks = await collect(readLog(vault, pieces, options));
      await vault.put(merged, joined(chunks), options);
      await vault.get(merged, options);
    }
  }
  const garbage = garbageOf(await readCatalog(vault, options), { keep, pitr, now });
  for (const name of garbage) await vault.remove(name, options);
  return garbage.length;
}

/** What overlaps stands there once. */
function joined(
  chunks: readonly { readonly from: string; readonly to: string; readonly bytes: Uint8Array }[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = chunks[0] === undefined ? 0n : logCount(chunks[0].from);
  for (const { from, to, bytes } of chunks) {
    const [begin, end] = [logCount(from), logCount(to)];
    if (begin > at) throw new DriverError('internal', `the log before ${from} is missing, and can't be merged`);
    parts.push(bytes.subarray(Number(at - begin)));
    at = end;
  }
  return Buffer.concat(parts);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
