import type { CallOptions } from '@islet/driver';
import { type Listing, listingOf } from './catalog.ts';
import { type EraId, eraName, instantId } from './names.ts';
import type { Vault } from './vault.ts';

/** Of whom an era is. */
export interface EraRecord {
  readonly engine: string;
  readonly identity: string;
}

/** The era in which a store of this identity is backed up: the newest, or a new one where that is of another store. */
export async function ensureEra(
  vault: Vault,
  { record, now }: { readonly record: EraRecord; readonly now: number },
  options: CallOptions,
): Promise<EraId> {
  const { eras } = listingOf(await vault.list(options));
  const newest = await newestRecord(vault, eras, options);
  if (newest?.record.identity === record.identity) return newest.id;
  // Two begun within a millisecond of each other, or before a clock was put back, are still in their order.
  const id = instantId(Math.max(now, (eras.at(-1)?.startedAt ?? 0) + 1));
  await vault.put(eraName(id), Buffer.from(JSON.stringify(record)), options);
  return id;
}

async function newestRecord(vault: Vault, eras: Listing['eras'], options: CallOptions) {
  const id = eras.at(-1)?.id;
  if (id === undefined) return undefined;
  // Without its record nobody knows whose it is: nothing is added to it.
  const stored = await vault.get(eraName(id), options).catch(() => undefined);
  options.signal.throwIfAborted();
  return stored && { id, record: JSON.parse(Buffer.from(stored).toString()) as EraRecord };
}
