/** What a header block means. */
export interface BlockMeaning {
  /** Names and values in turn. */
  readonly list: readonly string[];
  /** Where in the list the names are of those fields that the block adds to the table. */
  readonly added: readonly number[];
  /** It refers to the dynamic table as it was at this count of its changes; undefined: not at all, so it always means this. */
  readonly changes: number | undefined;
}

/**
 * The last header blocks of one connection. Most peers say the same of each message, and once their tables know it, in the
 * same bytes: as long as the table has not changed, the same bytes mean the same list, and whoever finds the same array
 * again need not look into it. Peers that never use their table say the same bytes from the start.
 */
export class BlockMemo {
  readonly #known: Known[] = [];
  #next = 0;

  /** `changes`: of the table as it is now. */
  find(block: Buffer, start: number, end: number, changes: number): BlockMeaning | undefined {
    const meaning = this.#find(block, start, end)?.meaning;
    return meaning?.changes === undefined || meaning.changes === changes ? meaning : undefined;
  }

  keep(block: Buffer, start: number, end: number, meaning: BlockMeaning): void {
    if (end - start > MOST_BYTES) return;
    // What the same bytes meant before, they will not mean again.
    const known = this.#find(block, start, end) ?? this.#oldest();
    known.meaning = meaning;
    known.length = end - start;
    if (known.bytes.length < known.length) known.bytes = Buffer.allocUnsafeSlow(known.length);
    block.copy(known.bytes, 0, start, end);
  }

  #find(block: Buffer, start: number, end: number): Known | undefined {
    for (const known of this.#known) {
      if (known.length === end - start && isSame(known.bytes, block, start, end)) return known;
    }
    return undefined;
  }

  #oldest(): Known {
    const at = this.#next;
    this.#next = (at + 1) % MOST_BLOCKS;
    this.#known[at] ??= { bytes: EMPTY, length: 0, meaning: NOTHING };
    return this.#known[at];
  }
}

interface Known {
  bytes: Buffer;
  length: number;
  meaning: BlockMeaning;
}

function isSame(known: Buffer, block: Buffer, start: number, end: number): boolean {
  for (let at = start, nth = 0; at < end; at++, nth++) if (known[nth] !== block[at]) return false;
  return true;
}

const EMPTY = Buffer.alloc(0);
const NOTHING: BlockMeaning = { list: [], added: [], changes: undefined };
/** A peer that says a few things in turn is known too; each look costs little next to decoding. */
const MOST_BLOCKS = 4;
const MOST_BYTES = 512;
