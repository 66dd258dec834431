import { Guards } from '../guards.ts';
import { Arena, type Slot } from './arena.ts';
import { Gauge } from './gauge.ts';
import type { SlotKind } from './layout.ts';
import type { Company } from './mutex.ts';
import { SharedBreaker } from './shared-breaker.ts';
import { type BucketMemory, BucketTable, SharedRateLimiter } from './shared-buckets.ts';
import { SharedBudget } from './shared-budget.ts';
import { SharedBulkhead } from './shared-bulkhead.ts';
import { SharedStanding } from './shared-standing.ts';
import { SharedThrottle } from './shared-throttle.ts';
import { type EdgeState, type Held, type InstanceShare, OWN_STATES, type ServiceShare, type States } from './states.ts';

/** The memory that the threads of one proxy share; it can be handed to a thread. */
export interface SharedMemory {
  readonly arena: SharedArrayBuffer;
  readonly buckets: BucketMemory;
}

/** What one thread has to tell the others, which can't see it in the memory itself. */
export type Hint =
  /** A thread has died, and what it had is free. */
  | { readonly kind: 'buried' }
  /** There is a place in this bulkhead. */
  | { readonly kind: 'freed'; readonly slot: number }
  /** An instance of this service was ejected or has come back. */
  | { readonly kind: 'turned'; readonly service: string }
  /** What is stored of this target is no longer true. */
  | { readonly kind: 'changed'; readonly service: string; readonly target: string };

export interface SharedStatesOptions {
  readonly memory: SharedMemory;
  /** The thread's number, from 0. */
  readonly lane: number;
  readonly tell: (hint: Hint) => void;
}

/** State machines that the threads of one proxy have together. */
export class SharedStates implements States {
  readonly #arena: Arena;
  readonly #buckets: BucketTable;
  readonly #tell: (hint: Hint) => void;
  readonly #bulkheads = new Map<number, SharedBulkhead>();
  readonly #company: Company;
  #unshared = 0;

  constructor({ memory, lane, tell }: SharedStatesOptions) {
    const company = { alone: false };
    this.#company = company;
    this.#arena = new Arena(memory.arena, lane, company);
    this.#buckets = new BucketTable(memory.buckets, lane, company);
    this.#tell = (hint) => {
      if (!company.alone) tell(hint);
    };
  }

  /** How many found no room in the shared memory: what they limit holds for each thread. */
  get unshared(): number {
    return this.#unshared;
  }

  edge(name: string): EdgeState {
    const slot = this.#open('guards', `edge ${name}`);
    if (slot === undefined) return OWN_STATES.edge(name);
    return { guards: this.#guards(slot), budget: new SharedBudget(slot), letGo: () => this.#close(slot) };
  }

  route(name: string): Held<{ readonly guards: Guards }> {
    const slot = this.#open('guards', `route ${name}`);
    if (slot === undefined) return OWN_STATES.route(name);
    return { guards: this.#guards(slot), letGo: () => this.#close(slot) };
  }

  service(name: string): ServiceShare {
    const slot = this.#open('service', name);
    if (slot === undefined) return OWN_STATES.service(name);
    const { state, own, lock } = slot;
    const atDoor = new Gauge(state, own, lock);
    // A slot of its own: its lock is held while instances are judged, whose requests are counted meanwhile.
    const turn = this.#open('service', `ejecting ${name}`);
    const letGo = () => {
      this.#close(slot);
      if (turn !== undefined) this.#close(turn);
    };
    const changed = (target: string) => this.#tell({ kind: 'changed', service: name, target });
    return { throttle: new SharedThrottle(slot), atDoor, ejecting: (turn ?? slot).lock, changed, letGo };
  }

  instance(service: string, name: string): InstanceShare {
    const slot = this.#open('instance', name);
    if (slot === undefined) return OWN_STATES.instance(service, name);
    const standing = new SharedStanding(slot, () => this.#tell({ kind: 'turned', service }));
    return { standing, letGo: () => this.#close(slot) };
  }

  rate(name: string): SharedRateLimiter {
    return new SharedRateLimiter(this.#buckets, name);
  }

  /** No other thread is there, so nothing is locked and nobody told. */
  set alone(alone: boolean) {
    this.#company.alone = alone;
  }

  /** What another thread has done. */
  heed(hint: Hint): void {
    if (hint.kind === 'freed') this.#bulkheads.get(hint.slot)?.look();
    else if (hint.kind === 'buried') this.#lookForPlaces();
  }

  /** Another thread has died: what it had is free again. */
  bury(dead: number): void {
    this.#buckets.bury(dead);
    this.#arena.bury(dead);
    this.#lookForPlaces();
  }

  #lookForPlaces(): void {
    for (const bulkhead of this.#bulkheads.values()) bulkhead.look();
  }

  #guards(slot: Slot): Guards {
    const { index } = slot;
    const bulkhead = new SharedBulkhead(slot, () => this.#tell({ kind: 'freed', slot: index }));
    this.#bulkheads.set(index, bulkhead);
    return new Guards({ breaker: new SharedBreaker(slot), bulkhead });
  }

  #open(kind: SlotKind, name: string): Slot | undefined {
    const slot = this.#arena.open(kind, name);
    if (slot === undefined) this.#unshared++;
    return slot;
  }

  #close(slot: Slot): void {
    this.#bulkheads.delete(slot.index);
    this.#arena.close(slot);
  }
}

export function sharedMemory(salt: string): SharedMemory {
  return { arena: Arena.memory(), buckets: BucketTable.memory(salt) };
}
