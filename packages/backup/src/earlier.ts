import type { EarlierCopy } from '@islet/driver';
import type { EraId } from './names.ts';
import { spansOf } from './read-copy.ts';
import type { Offer } from './restorable.ts';
import type { Vault } from './vault.ts';

/** What the next copy of a store may be based on; undefined: nothing of this era is whole. */
export function earlierIn(vault: Vault, offers: readonly Offer[], era: EraId): EarlierCopy | undefined {
  const newest = offers.findLast((offer) => offer.era === era);
  if (newest === undefined) return undefined;
  const { copy, bases } = newest;
  return {
    id: copy.id,
    facts: copy.manifest.facts,
    read: spansOf(vault, newest),
    sizes: new Map([copy, ...bases].map(({ id, manifest }) => [id, manifest.plainBytes])),
  };
}
