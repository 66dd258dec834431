import { createHash } from 'node:crypto';
import type { Cells } from '@islet/policy';
import { GIVE_BACK, KINDS, LANE_CELLS, MAX_THREADS, type SlotKind, STATE_CELLS } from './layout.ts';
import { type Company, type Lock, Mutex } from './mutex.ts';

/**
 * Memory that the threads of one proxy share: slots, each of which is known by a name and holds the numbers of one edge, service or
 * instance. Whoever first asks for a name gets a slot of zeros, and everybody else the same one. A slot is free again when every thread
 * that asked for it has let it go.
 *
 * What a thread has taken and must give back (places, probes) stands in the slot's sum, and once more in the thread's own *lane*. So
 * what a thread had that died is known, and given back.
 */
export class Arena {
  readonly lane: number;
  readonly #head: Int32Array;
  readonly #cells: Float64Array;
  readonly #directory: Mutex;
  readonly #company: Company;

  constructor(memory: SharedArrayBuffer, lane: number, company: Company) {
    this.lane = lane;
    this.#company = company;
    this.#head = new Int32Array(memory, 0, HEAD_WORDS);
    this.#cells = new Float64Array(memory, HEAD_WORDS * Int32Array.BYTES_PER_ELEMENT);
    this.#directory = new Mutex(this.#head, 0, { lane, company });
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(
      HEAD_WORDS * Int32Array.BYTES_PER_ELEMENT + SLOTS * SLOT_CELLS * Float64Array.BYTES_PER_ELEMENT,
    );
  }

  /** Undefined where all slots are taken. */
  open(kind: SlotKind, name: string): Slot | undefined {
    const digest = createHash('sha256').update(`${kind} ${name}`).digest();
    const key = [digest.readInt32LE(0), digest.readInt32LE(4)] as const;
    this.#directory.take();
    const index = this.#find(key) ?? this.#claim(kind, key);
    if (index !== undefined) this.#setUsers(index, this.#users(index) | (1 << this.lane));
    this.#directory.release();
    return index === undefined ? undefined : this.#slot(index);
  }

  /** This thread has nothing more to do with it. */
  close({ index }: Slot): void {
    this.#directory.take();
    this.#setUsers(index, this.#users(index) & ~(1 << this.lane));
    this.#directory.release();
  }

  /** A thread has died: gives back what it had, and lets go of its slots. */
  bury(dead: number): void {
    Mutex.bury(this.#head, 0, dead);
    for (let index = 0; index < SLOTS; index++) {
      if ((this.#users(index) & (1 << dead)) === 0) continue;
      Mutex.bury(this.#head, lockOf(index), dead);
      const { lock, state, lanes } = this.#slot(index);
      lock.take();
      const lane = laneOf(lanes, dead);
      GIVE_BACK[this.#kind(index)](state, lane);
      lane.fill(0);
      lock.release();
      this.#directory.take();
      this.#setUsers(index, this.#users(index) & ~(1 << dead));
      this.#directory.release();
    }
  }

  #slot(index: number): Slot {
    const at = index * SLOT_CELLS;
    const lanes = this.#cells.subarray(at, at + MAX_THREADS * LANE_CELLS);
    const state = this.#cells.subarray(at + MAX_THREADS * LANE_CELLS, at + SLOT_CELLS);
    const lock = new Mutex(this.#head, lockOf(index), { lane: this.lane, company: this.#company });
    return { index, lock, state, lanes, own: laneOf(lanes, this.lane) };
  }

  #find([high, low]: readonly [number, number]): number | undefined {
    for (let index = 0; index < SLOTS; index++) {
      const at = headOf(index);
      if (this.#head[at] === high && this.#head[at + 1] === low && this.#users(index) !== 0) return index;
    }
    return undefined;
  }

  /** Goes round, so that a slot which was let go a moment ago is the last to be another's. */
  #claim(kind: SlotKind, [high, low]: readonly [number, number]): number | undefined {
    const from = this.#head[CURSOR] ?? 0;
    for (let step = 0; step < SLOTS; step++) {
      const index = (from + step) % SLOTS;
      if (this.#users(index) !== 0) continue;
      const at = headOf(index);
      this.#head[at] = high;
      this.#head[at + 1] = low;
      this.#head[at + 3] = KINDS.indexOf(kind);
      this.#head[CURSOR] = index + 1;
      this.#cells.fill(0, index * SLOT_CELLS, (index + 1) * SLOT_CELLS);
      return index;
    }
    return undefined;
  }

  #kind(index: number): SlotKind {
    return KINDS[this.#head[headOf(index) + 3] ?? 0] ?? 'guards';
  }

  #users(index: number): number {
    return this.#head[headOf(index) + 2] ?? 0;
  }

  #setUsers(index: number, users: number): void {
    this.#head[headOf(index) + 2] = users;
  }
}

export interface Slot {
  readonly index: number;
  readonly lock: Lock;
  /** What all have together; to be touched with the lock. */
  readonly state: Cells;
  /** Of all threads, one after the other. */
  readonly lanes: Cells;
  /** What this thread has of it. */
  readonly own: Cells;
}

function laneOf(lanes: Cells, lane: number): Cells {
  return lanes.subarray(lane * LANE_CELLS, (lane + 1) * LANE_CELLS);
}

/** More than the edges, services and instances of a large system; memory that nobody has touched costs nothing. */
const SLOTS = 4_096;
const SLOT_CELLS = MAX_THREADS * LANE_CELLS + STATE_CELLS;

/** The head: a lock for all, where to look for a free slot, then of each slot its key (two words), its users (a bit each), its kind and its lock. */
const CURSOR = 1;
const WORDS_PER_SLOT = 5;
/** The cells behind them are aligned to their own size. */
const HEAD_WORDS = 2 + SLOTS * WORDS_PER_SLOT + ((SLOTS * WORDS_PER_SLOT) % 2);

function headOf(index: number): number {
  return 2 + index * WORDS_PER_SLOT;
}

function lockOf(index: number): number {
  return headOf(index) + 4;
}
