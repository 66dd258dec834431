import { BlockMemo } from './block-memo.ts';
import { BlockReader } from './block-reader.ts';
import { DynamicTable, entryBytes } from './dynamic-table.ts';
import { Http2Error } from './http2-error.ts';
import { keepSecret } from './secrets.ts';
import { STATIC_END, STATIC_NAMES, STATIC_VALUES } from './static-table.ts';

export interface DecoderOptions {
  /** Of the dynamic table, as the peer was told: 4,096 where it was told nothing. */
  readonly tableBytes: number;
  /** Of one list, counted as SETTINGS_MAX_HEADER_LIST_SIZE is: 32 bytes per field beside its text. */
  readonly listBytes: number;
  readonly fields: number;
}

/**
 * Decodes the header blocks of one connection, each of which may depend on all before it (RFC 7541). So nothing is skipped:
 * a list that is too large is decoded to its end, and only not kept. A block of references to a large entry of the table
 * (a bomb) costs a step for each reference, and no text.
 */
export class HpackDecoder {
  readonly #options: DecoderOptions;
  readonly #table: DynamicTable;
  readonly #memo = new BlockMemo();
  /** Of the block that is read. */
  #list: string[] = NONE;
  #listBytes = 0;
  /** Where in the list those fields are that it adds to the table. */
  #added: readonly number[] = NOTHING;
  /** It refers to the dynamic table. */
  #refers = false;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.tableBytes);
  }

  /**
   * One whole block: names and values in turn, in latin1, as they were sent. The same bytes mostly give the same array again,
   * while they mean the same. Throws `Http2Error` 'compression', after which the connection can't go on.
   */
  decode(block: Buffer, start: number, end: number): readonly string[] | 'too-large' {
    const known = this.#memo.find(block, start, end, this.#table.changes);
    if (known === undefined) return this.#decodeAnew(block, start, end);
    const { list, added } = known;
    for (const at of added) this.#table.add(list[at] ?? '', list[at + 1] ?? '');
    return list;
  }

  #decodeAnew(block: Buffer, start: number, end: number): readonly string[] | 'too-large' {
    const { changes } = this.#table;
    this.#list = [];
    this.#added = NOTHING;
    this.#listBytes = 0;
    this.#refers = false;
    reader.open(block, start, end);
    try {
      const resizes = this.#readUpdates();
      while (!reader.isOver) this.#readField(reader.byte());
      if (this.#listBytes > this.#options.listBytes) return 'too-large';
      const [list, added] = [this.#list, this.#added];
      // What it refers to may be gone the next time, if it adds what takes its place.
      const isKept = !resizes && (!this.#refers || added.length === 0);
      if (isKept) this.#memo.keep(block, start, end, { list, added, changes: this.#refers ? changes : undefined });
      return list;
    } finally {
      reader.close();
      this.#list = NONE;
    }
  }

  /** New sizes of the table: at the beginning of a block alone (4.2). Returns whether there are any. */
  #readUpdates(): boolean {
    const resizes = !reader.isOver && reader.isUpdate;
    while (!reader.isOver && reader.isUpdate) {
      const bytes = reader.integer(reader.byte(), 0x1f);
      if (bytes > this.#options.tableBytes) throw new Http2Error('compression', 'the table is larger than was agreed');
      if (bytes !== this.#table.limitBytes) this.#table.resize(bytes);
    }
    return resizes;
  }

  #readField(first: number): void {
    if (first >= 0x80) this.#refer(reader.integer(first, 0x7f));
    else if (first >= 0x40) {
      const name = this.#readName(first, 0x3f);
      const value = reader.string();
      this.#table.add(name, value);
      this.#added = this.#added.length === 0 ? [this.#list.length] : [...this.#added, this.#list.length];
      this.#take(name, value);
    } else if (first >= 0x20) throw new Http2Error('compression', 'the size of the table changes within a block');
    else {
      const name = this.#readName(first, 0x0f);
      if (first >= 0x10) keepSecret(name);
      this.#take(name, reader.string());
    }
  }

  #refer(index: number): void {
    if (index < STATIC_END) {
      if (index === 0) throw new Http2Error('compression', 'there is no field of number 0');
      this.#take(STATIC_NAMES[index] ?? '', STATIC_VALUES[index] ?? '');
    } else {
      const at = this.#dynamic(index);
      this.#take(this.#table.nameAt(at), this.#table.valueAt(at));
    }
  }

  #readName(first: number, mask: number): string {
    const index = reader.integer(first, mask);
    if (index === 0) return reader.string();
    return index < STATIC_END ? (STATIC_NAMES[index] ?? '') : this.#table.nameAt(this.#dynamic(index));
  }

  #dynamic(index: number): number {
    const at = index - STATIC_END;
    this.#refers = true;
    if (at >= this.#table.count) throw new Http2Error('compression', 'a field is referred to that is not in the table');
    return at;
  }

  #take(name: string, value: string): void {
    const { listBytes, fields } = this.#options;
    this.#listBytes += entryBytes(name, value);
    if (this.#listBytes > listBytes) return;
    if (this.#list.length < 2 * fields) this.#list.push(name, value);
    else this.#listBytes = Number.POSITIVE_INFINITY;
  }
}

/** One for all: a block is read in one call. */
const reader = new BlockReader();
const NONE: string[] = [];
const NOTHING: readonly number[] = [];
