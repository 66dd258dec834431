import type { BalanceSpec } from '@islet/spec';
import type { PeakEwma } from './peak-ewma.ts';
import { Ring } from './ring.ts';
import { warmth } from './slow-start.ts';

/** An instance that can be chosen. */
export interface Candidate {
  /** Says where it is on a ring. */
  readonly id: string;
  readonly inFlight: number;
  /** When it came, or came back; `-Infinity`: it needs no slow start. */
  readonly cameAt: number;
  readonly ewma: PeakEwma;
}

export interface Choice {
  readonly now: number;
  /** From 0 to less than 1. */
  readonly dice: () => number;
  /** Of the request's key, for `ring-hash`; undefined: it has none. */
  readonly hash: number | undefined;
}

/**
 * Which instance gets a request, by one balance section, among one set of instances.
 *
 * The default is the power of two choices: of two drawn at random, the one with fewer requests in flight. Taking the
 * least loaded of all makes a herd: every proxy worker sends the next request to the same instance, which was idle a
 * moment ago. Taking any ignores a slow instance. Two draws keep the longest queue near log log n (Mitzenmacher, 2001),
 * need no shared order, and see a slow instance at once because its requests pile up. More draws (Envoy's
 * `choice_count`) come nearer to the least loaded, and to the herd. `peak-ewma` compares the two by how long a request
 * would wait, and not by how many do.
 *
 * Nothing is allocated for a choice, and none looks at all instances but `ring-hash`, which needs their average.
 */
export class Balancer<T extends Candidate> {
  readonly #spec: BalanceSpec;
  #members: readonly T[] = [];
  /** When the last of the members has had its slow start. */
  #warmAt = Number.NEGATIVE_INFINITY;
  #ring: Ring<T> | undefined;
  #turn = 0;

  constructor(spec: BalanceSpec) {
    this.#spec = spec;
  }

  /** Undefined only where there is none. The same array is known again, and must not have changed meanwhile. */
  choose(members: readonly T[], choice: Choice): T | undefined {
    if (members.length < 2) return members[0];
    if (members !== this.#members) this.#meet(members);
    const { algorithm } = this.#spec;
    switch (algorithm.kind) {
      case 'least-request':
        return this.#leastOf(algorithm.choiceCount, choice);
      case 'peak-ewma':
        return this.#leastOf(2, choice);
      case 'round-robin':
        return this.#next(choice);
      case 'random':
        return members[this.#draw(choice)];
      case 'ring-hash':
        if (choice.hash === undefined) return this.#leastOf(2, choice);
        this.#ring ??= new Ring(members);
        return this.#ring.find(choice.hash, algorithm);
    }
  }

  /** The same among those that are good. On a ring, the others' keys go on to the next, and everyone else's stay. */
  chooseGood(members: readonly T[], isGood: (member: T) => boolean, choice: Choice): T | undefined {
    const { algorithm } = this.#spec;
    if (algorithm.kind !== 'ring-hash' || choice.hash === undefined) return this.choose(members.filter(isGood), choice);
    if (members !== this.#members) this.#meet(members);
    this.#ring ??= new Ring(members);
    return this.#ring.find(choice.hash, { boundPercent: algorithm.boundPercent, isGood });
  }

  #meet(members: readonly T[]): void {
    this.#members = members;
    this.#ring = undefined;
    const windowMs = this.#spec.slowStart?.windowMs ?? 0;
    this.#warmAt = Number.NEGATIVE_INFINITY;
    for (const { cameAt } of members) this.#warmAt = Math.max(this.#warmAt, cameAt + windowMs);
  }

  #leastOf(count: number, choice: Choice): T | undefined {
    const members = this.#members;
    const first = this.#draw(choice);
    let best = members[first];
    if (best === undefined) return undefined;
    let least = this.#cost(best, choice.now);
    for (let draw = 1; draw < count; draw++) {
      // Never the first again, so that two are always compared with each other.
      const other = members[(first + 1 + Math.floor(choice.dice() * (members.length - 1))) % members.length];
      if (other === undefined || !this.#takesPart(other, choice)) continue;
      const cost = this.#cost(other, choice.now);
      if (cost < least) {
        best = other;
        least = cost;
      }
    }
    return best;
  }

  #cost({ inFlight, ewma }: T, now: number): number {
    const { algorithm } = this.#spec;
    return algorithm.kind === 'peak-ewma' ? ewma.cost(inFlight, now, algorithm) : inFlight;
  }

  /** One at random, a newcomer seldom. All may be newcomers: then it is anybody's in the end. */
  #draw(choice: Choice): number {
    const members = this.#members;
    let drawn = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      drawn = Math.floor(choice.dice() * members.length);
      const member = members[drawn];
      if (member !== undefined && this.#takesPart(member, choice)) break;
    }
    return drawn;
  }

  #next(choice: Choice): T | undefined {
    const members = this.#members;
    for (let step = 0; step < members.length; step++) {
      this.#turn = (this.#turn + 1) % members.length;
      const member = members[this.#turn];
      if (member !== undefined && this.#takesPart(member, choice)) return member;
    }
    return members[this.#turn];
  }

  #takesPart({ cameAt }: T, { now, dice }: Choice): boolean {
    const { slowStart } = this.#spec;
    if (slowStart === undefined || now >= this.#warmAt) return true;
    const part = warmth(now - cameAt, slowStart);
    return part === 1 || dice() < part;
  }
}

/** Where one in ten takes part, it has been found after so many draws nine times of ten. */
const DRAWS = 22;
