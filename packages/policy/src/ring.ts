import { hash32 } from './hash.ts';

/**
 * Consistent hashing with bounded loads (Karger and others, 1997; Mirrokni, Thorup and Zadimoghaddam, 2018): each
 * instance stands at many points of a ring, and a key belongs to the next point on from its own. So a key finds the
 * same instance each time, and one that comes or goes moves only its own keys.
 *
 * Keys are not equal: the busiest would bury its instance. So an instance takes no more than `boundPercent` of the
 * average in flight, this request included; what is above that goes on to the next instance along the ring, which is
 * the same one each time. The last one is always under the bound, because not all can be above the average.
 *
 * The number of points belongs to an instance and not to the ring (Envoy's `minimum_ring_size` of 1024, at two
 * instances): were it cut to fit, each newcomer would thin out the others' points, and move keys that are none of its
 * business.
 */
export const POINTS_PER_INSTANCE = 512;

export class Ring<T extends RingMember> {
  readonly #members: readonly T[];
  readonly #positions: Uint32Array;
  readonly #owners: Uint16Array;

  constructor(members: readonly T[]) {
    // By name, so that the ring is the same in every worker, whatever the order in the table.
    this.#members = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
    const points = sortedPoints(this.#members);
    this.#positions = Uint32Array.from(points, (point) => Math.floor(point / OWNERS));
    this.#owners = Uint16Array.from(points, (point) => point % OWNERS);
  }

  /** The first member from the key's place on that is under the bound and good; undefined: none is good. */
  find(hash: number, { boundPercent, isGood = everyone }: RingQuery<T>): T | undefined {
    const most = this.#mostInFlight(boundPercent, isGood);
    const start = this.#firstFrom(hash);
    for (let step = 0; step < this.#owners.length; step++) {
      const owner = this.#members[this.#owners[(start + step) % this.#owners.length] ?? 0];
      if (owner !== undefined && owner.inFlight < most && isGood(owner)) return owner;
    }
    return undefined;
  }

  /** Over those that are good: the ring of one machine has few members, and a sum that is kept up would cost more. */
  #mostInFlight(boundPercent: number, isGood: (member: T) => boolean): number {
    let inFlight = 1;
    let count = 0;
    for (const member of this.#members) {
      if (!isGood(member)) continue;
      inFlight += member.inFlight;
      count++;
    }
    return Math.ceil(((boundPercent / 100) * inFlight) / count);
  }

  #firstFrom(hash: number): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface RingMember {
  /** Says where its points are. */
  readonly id: string;
  readonly inFlight: number;
}

export interface RingQuery<T> {
  /** Over 100. */
  readonly boundPercent: number;
  readonly isGood?: ((member: T) => boolean) | undefined;
}

/** Position and owner in one number, so that a typed array can sort them. */
const OWNERS = 2 ** 16;

function sortedPoints(members: readonly RingMember[]): Float64Array {
  const points = new Float64Array(members.length * POINTS_PER_INSTANCE);
  for (const [owner, { id }] of members.entries()) {
    for (let nth = 0; nth < POINTS_PER_INSTANCE; nth++) {
      points[owner * POINTS_PER_INSTANCE + nth] = hash32(`${id} ${nth}`) * OWNERS + owner;
    }
  }
  return points.sort();
}

function everyone(): boolean {
  return true;
}
