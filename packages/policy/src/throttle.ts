import { type AdmissionSpec, PRIORITIES, type Priority } from '@islet/spec/model';
import { type Cells, ownCells } from './cells.ts';

/**
 * Admission control (adaptive throttling: Beyer and others, "Site Reliability Engineering", 2016, "Handling Overload").
 *
 * A service that is offered more than it can do spends its time on refusing, and whoever waits for a refusal loses time
 * too. So what is mostly refused is not sent: of the last requests, those beyond `K` times the accepted ones are shed,
 * by chance, so that some always go and find out when it is over. Of each priority, the lowest is shed first, and the
 * next only when all of that is.
 *
 * A request counts when its end is known or when it is shed. Counted at its start, as the book has it, a burst after a
 * quiet time would look like so many refusals; and fewer than `THROTTLE.least` prove nothing.
 */
export const THROTTLE = {
  least: 20,
  /** Of all that comes, no more than this share is shed: what goes is how its end is found out, and soon enough. */
  most: 0.9,
} as const;

export class Throttle {
  /** A ring of slots; in each, of every priority, what has come and what was accepted. */
  readonly #requests: Cells;
  readonly #accepts: Cells;
  readonly #rest: Cells;

  constructor(cells: Cells = ownCells(THROTTLE_CELLS)) {
    this.#requests = cells.subarray(0, RING);
    this.#accepts = cells.subarray(RING, 2 * RING);
    this.#rest = cells.subarray(2 * RING, THROTTLE_CELLS);
  }

  /** Whether this request is not to be sent; if so, it is counted. */
  sheds(priority: Priority, { now, dice }: Chance, spec: AdmissionSpec): boolean {
    this.#advance(now, spec.windowMs / SLOTS);
    const share = this.shareShed(priority, spec);
    if (share === 0 || dice() >= share) return false;
    this.#bump(this.#requests, priority);
    this.#count(ALL_REQUESTS, 1);
    return true;
  }

  /** The end of a request that was sent, or was refused a place. */
  record(
    priority: Priority,
    { accepted, now }: { readonly accepted: boolean; readonly now: number },
    { windowMs }: AdmissionSpec,
  ): void {
    this.#advance(now, windowMs / SLOTS);
    this.#bump(this.#requests, priority);
    this.#count(ALL_REQUESTS, 1);
    if (!accepted) return;
    this.#bump(this.#accepts, priority);
    this.#count(ALL_ACCEPTS, 1);
  }

  /** How many of this priority are shed, from 0 to 1. */
  shareShed(priority: Priority, { k }: AdmissionSpec): number {
    const requests = this.#at(ALL_REQUESTS);
    const tooMany = requests - k * this.#at(ALL_ACCEPTS);
    if (requests < THROTTLE.least || tooMany <= 0) return 0;
    let left = Math.min(tooMany, THROTTLE.most * requests);
    for (let level = LEVELS - 1; level > PRIORITIES.indexOf(priority); level--) left -= this.#requestsOf(level);
    const own = Math.max(1, this.#requestsOf(PRIORITIES.indexOf(priority)));
    return Math.min(Math.max(left / own, 0), 1);
  }

  /** Of the window. */
  get requests(): number {
    return this.#at(ALL_REQUESTS);
  }

  get accepts(): number {
    return this.#at(ALL_ACCEPTS);
  }

  #requestsOf(level: number): number {
    let count = 0;
    for (let slot = 0; slot < SLOTS; slot++) count += this.#requests[slot * LEVELS + level] ?? 0;
    return count;
  }

  #bump(counts: Cells, priority: Priority): void {
    const at = (this.#at(SLOT) % SLOTS) * LEVELS + PRIORITIES.indexOf(priority);
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /** A slot is forgotten as a whole. Another window begins from nothing. */
  #advance(now: number, slotMs: number): void {
    const slot = Math.floor(now / slotMs);
    const passed = slotMs === this.#at(SLOT_MS) ? Math.min(slot - this.#at(SLOT), SLOTS) : SLOTS;
    if (passed <= 0) return;
    for (let step = 0; step < passed; step++) {
      const at = ((((slot - step) % SLOTS) + SLOTS) % SLOTS) * LEVELS;
      this.#requests.fill(0, at, at + LEVELS);
      this.#accepts.fill(0, at, at + LEVELS);
    }
    this.#rest[ALL_REQUESTS] = sum(this.#requests);
    this.#rest[ALL_ACCEPTS] = sum(this.#accepts);
    this.#rest[SLOT] = slot;
    this.#rest[SLOT_MS] = slotMs;
  }

  #at(cell: number): number {
    return this.#rest[cell] ?? 0;
  }

  #count(cell: number, count: number): void {
    this.#rest[cell] = (this.#rest[cell] ?? 0) + count;
  }
}

interface Chance {
  readonly now: number;
  readonly dice: () => number;
}

const SLOTS = 12;
const LEVELS = PRIORITIES.length;
const RING = SLOTS * LEVELS;

/** The cells behind the two rings. */
const ALL_REQUESTS = 0;
const ALL_ACCEPTS = 1;
const SLOT = 2;
const SLOT_MS = 3;
export const THROTTLE_CELLS = 2 * RING + 4;

function sum(counts: Cells): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
