import type { Head } from './head.ts';
import { LIMITS } from './limits.ts';
import type { Keep, Shelf } from './shelf.ts';

/** Puts the oldest rows into segments: as many as make whole blocks; where that is due, or many came at once, all. */
export function sealRows<R>(
  head: Head<R>,
  { isDue, shelf, keep }: { readonly isDue: boolean; readonly shelf: () => Shelf<R>; readonly keep: () => Keep },
): void {
  while (head.sealable >= LIMITS.blockRows || (head.sealable > 0 && (isDue || head.encoded !== undefined))) {
    const { encoded } = head;
    const before = encoded === undefined ? head.sealable : encoded.first - head.first;
    if (encoded !== undefined && before === 0) {
      shelf().putEncoded(encoded, keep());
      head.release(encoded.last - encoded.first + 1);
      continue;
    }
    // What came before the first that is encoded goes before it.
    const part = head.oldest(Math.min(before, LIMITS.blockRows));
    shelf().put(part, keep());
    head.release(part.rows.length);
  }
}
