/** What an entry costs beside its text (RFC 7541, 4.1). */
const ENTRY_BYTES = 32;

/** What both sides begin with, where nothing else was agreed on (RFC 9113, 6.5.2). */
export const DEFAULT_TABLE_BYTES = 4_096;

/**
 * The fields that one side has said, and refers to by number from then on (RFC 7541, 2.3.2): the newest is number 0. The
 * oldest leave when there is no room for a new one. A ring, so that nothing is moved; it grows with what it holds.
 */
export class DynamicTable {
  #names: string[] = [];
  #values: string[] = [];
  /** Where the next entry goes. */
  #next = 0;
  #count = 0;
  #bytes = 0;
  #limitBytes: number;
  #changes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Another number after each change of what is in it. */
  get changes(): number {
    return this.#changes;
  }

  /** `at` is below `count`. */
  nameAt(at: number): string {
    return this.#names[this.#slotOf(at)] ?? '';
  }

  valueAt(at: number): string {
    return this.#values[this.#slotOf(at)] ?? '';
  }

  /** The number of the newest entry that has this name, and this value if one is given; or -1. */
  find(name: string, value?: string): number {
    for (let at = 0; at < this.#count; at++) {
      const slot = this.#slotOf(at);
      if (this.#names[slot] === name && (value === undefined || this.#values[slot] === value)) return at;
    }
    return -1;
  }

  /** An entry that is larger than the whole table empties it, and is not in it (RFC 7541, 4.4). */
  add(name: string, value: string): void {
    this.#changes++;
    const bytes = entryBytes(name, value);
    this.#evictTo(this.#limitBytes - bytes);
    if (bytes > this.#limitBytes) return;
    if (this.#count === this.#names.length) this.#grow();
    this.#names[this.#next] = name;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#names.length;
    this.#count++;
    this.#bytes += bytes;
  }

  resize(limitBytes: number): void {
    this.#changes++;
    this.#limitBytes = limitBytes;
    this.#evictTo(limitBytes);
  }

  #evictTo(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = this.#slotOf(this.#count - 1);
      this.#bytes -= entryBytes(this.#names[oldest] ?? '', this.#values[oldest] ?? '');
      this.#names[oldest] = '';
      this.#values[oldest] = '';
      this.#count--;
    }
  }

  #slotOf(at: number): number {
    const slot = this.#next - 1 - at;
    return slot < 0 ? slot + this.#names.length : slot;
  }

  /** It is full, so that the oldest entry stands where the next would go. */
  #grow(): void {
    const more = new Array<string>(Math.max(8, this.#names.length)).fill('');
    this.#names = [...this.#names.slice(this.#next), ...this.#names.slice(0, this.#next), ...more];
    this.#values = [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next), ...more];
    this.#next = this.#count;
  }
}

export function entryBytes(name: string, value: string): number {
  return name.length + value.length + ENTRY_BYTES;
}
