/** What a header block was decoded to. */
interface Known {
  bytes: Buffer;
  length: number;
  list: readonly string[];
  /** Of the dynamic table then. */
  changes: number;
}

/**
 * The last header blocks of one connection. Most clients say the same of each request, and once their tables know it, in
 * the same bytes: as long as the table has not changed, the same bytes mean the same list, and whoever finds the same
 * array again need not look into it.
 */
export class BlockMemo {
  readonly #known: Known[] = [];
  #next = 0;

  find(block: Buffer, start: number, end: number, changes: number): readonly string[] | undefined {
    for (const known of this.#known) {
      if (known.changes === changes && known.length === end - start && isSame(known.bytes, block, start, end)) {
        return known.list;
      }
    }
    return undefined;
  }

  keep(block: Buffer, start: number, end: number, to: { list: readonly string[]; changes: number }): void {
    const length = end - start;
    if (length > MOST_BYTES) return;
    const oldest = this.#known[this.#next];
    const bytes = oldest !== undefined && oldest.bytes.length >= length ? oldest.bytes : Buffer.allocUnsafeSlow(length);
    block.copy(bytes, 0, start, end);
    if (oldest === undefined) this.#known.push({ bytes, length, list: to.list, changes: to.changes });
    else {
      oldest.bytes = bytes;
      oldest.length = length;
      oldest.list = to.list;
      oldest.changes = to.changes;
    }
    this.#next = (this.#next + 1) % MOST_BLOCKS;
  }
}

function isSame(known: Buffer, block: Buffer, start: number, end: number): boolean {
  for (let at = start, nth = 0; at < end; at++, nth++) if (known[nth] !== block[at]) return false;
  return true;
}

/** A client that asks for a few things in turn is known too; each look costs little next to decoding. */
const MOST_BLOCKS = 4;
const MOST_BYTES = 512;
