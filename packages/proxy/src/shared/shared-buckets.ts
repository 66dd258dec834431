import { hash } from 'node:crypto';
import { type Buckets, type Draw, RateLimiter, type RateVerdict } from '@islet/policy';
import { type Company, Mutex } from './mutex.ts';

/**
 * The token buckets of all rate limits, for all threads at once: a table of sets of eight. A bucket that is full says nothing, so its
 * place is free; where a set has none, the one goes that is nearest to being full, which loses least. Keys come from outside and are
 * known by a hash that nobody outside can foresee.
 */
export class BucketTable {
  readonly lock: Mutex;
  readonly #words: Int32Array;
  readonly #fullAt: Float64Array;
  readonly #salt: string;

  constructor({ memory, salt }: BucketMemory, lane: number, company: Company) {
    this.#words = new Int32Array(memory, 0, 2 + BUCKETS * 2);
    this.#fullAt = new Float64Array(memory, (2 + BUCKETS * 2) * Int32Array.BYTES_PER_ELEMENT, BUCKETS);
    this.#salt = salt;
    this.lock = new Mutex(this.#words, 0, { lane, company });
  }

  static memory(salt: string): BucketMemory {
    const bytes = (2 + BUCKETS * 2) * Int32Array.BYTES_PER_ELEMENT + BUCKETS * Float64Array.BYTES_PER_ELEMENT;
    return { memory: new SharedArrayBuffer(bytes), salt };
  }

  bury(dead: number): void {
    Mutex.bury(this.#words, 0, dead);
  }

  fullAt(key: string): number {
    const { first, high, low } = this.#placeOf(key);
    const at = this.#find(first, high, low);
    return at === undefined ? 0 : (this.#fullAt[at] ?? 0);
  }

  fill(key: string, fullAt: number, now: number): void {
    const { first, high, low } = this.#placeOf(key);
    const at = this.#find(first, high, low) ?? this.#nearestToFull(first, now);
    this.#words[2 + 2 * at] = high;
    this.#words[3 + 2 * at] = low;
    this.#fullAt[at] = fullAt;
  }

  #placeOf(key: string): { readonly first: number; readonly high: number; readonly low: number } {
    const digest = hash('sha256', `${this.#salt} ${key}`, 'buffer');
    const set = digest.readUInt32LE(8) % (BUCKETS / WAYS);
    return { first: set * WAYS, high: digest.readInt32LE(0), low: digest.readInt32LE(4) };
  }

  #find(first: number, high: number, low: number): number | undefined {
    for (let at = first; at < first + WAYS; at++) {
      if (this.#words[2 + 2 * at] === high && this.#words[3 + 2 * at] === low) return at;
    }
    return undefined;
  }

  #nearestToFull(first: number, now: number): number {
    let best = first;
    for (let at = first; at < first + WAYS; at++) {
      const fullAt = this.#fullAt[at] ?? 0;
      if (fullAt <= now) return at;
      if (fullAt < (this.#fullAt[best] ?? 0)) best = at;
    }
    return best;
  }
}

export interface BucketMemory {
  readonly memory: SharedArrayBuffer;
  readonly salt: string;
}

/** One limit whose buckets all threads draw from. */
export class SharedRateLimiter extends RateLimiter {
  readonly #table: BucketTable;

  constructor(table: BucketTable, name: string) {
    super(new NamedBuckets(table, name));
    this.#table = table;
  }

  override takeAll(draws: readonly Draw[], now: number): RateVerdict {
    const { lock } = this.#table;
    lock.take();
    const verdict = super.takeAll(draws, now);
    lock.release();
    return verdict;
  }
}

class NamedBuckets implements Buckets {
  readonly size = 0;
  readonly #table: BucketTable;
  readonly #name: string;

  constructor(table: BucketTable, name: string) {
    this.#table = table;
    this.#name = name;
  }

  fullAt(key: string): number {
    return this.#table.fullAt(`${this.#name} ${key}`);
  }

  fill(key: string, fullAt: number, now: number): void {
    this.#table.fill(`${this.#name} ${key}`, fullAt, now);
  }

  /** Nothing is kept of a bucket that is full. */
  sweep(): void {}
}

const WAYS = 8;
/** 2 MB. */
const BUCKETS = 131_072;
