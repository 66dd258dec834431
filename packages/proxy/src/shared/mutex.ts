/** Lets one at a time touch something. */
export interface Lock {
  take(): void;
  release(): void;
}

/** Whether there is anybody to lock out. It changes between two turns of the loop, never within a lock. */
export interface Company {
  alone: boolean;
}

export interface MutexOptions {
  /** The thread's number, from 0. */
  readonly lane: number;
  readonly company: Company;
}

/** For what one thread alone has. */
export const NO_LOCK: Lock = { take: () => undefined, release: () => undefined };

/**
 * A lock that several threads share, in one word of shared memory: 0 where it is free, else who has it, and whether somebody
 * waits (Drepper, "Futexes Are Tricky", 2011). Whoever has it does some additions and gives it back, so a thread that finds it
 * taken nearly always finds it free a moment later, and only then sleeps.
 *
 * A thread can die in it, or lose its processor. The first is put right by whoever buries it; but that one may be the
 * thread that waits. So whoever has waited for long enough takes it away: a number may then be off by one, which is better than
 * a proxy that stands still.
 */
export class Mutex implements Lock {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #me: number;
  readonly #company: Company;

  constructor(words: Int32Array, at: number, { lane, company }: MutexOptions) {
    this.#words = words;
    this.#at = at;
    this.#me = lane + 1;
    this.#company = company;
  }

  take(): void {
    if (this.#company.alone) return;
    if (Atomics.compareExchange(this.#words, this.#at, 0, this.#me) !== 0) this.#contend();
  }

  release(): void {
    if (this.#company.alone) return;
    if (Atomics.compareExchange(this.#words, this.#at, this.#me, 0) === this.#me) return;
    // Somebody waits, or has taken it away.
    const contended = this.#me | WAITED_FOR;
    if (Atomics.compareExchange(this.#words, this.#at, contended, 0) === contended)
      Atomics.notify(this.#words, this.#at, 1);
  }

  /** A thread has died: what it had is free. */
  static bury(words: Int32Array, at: number, lane: number): void {
    const held = Atomics.load(words, at);
    if ((held & ~WAITED_FOR) !== lane + 1) return;
    if (Atomics.compareExchange(words, at, held, 0) === held) Atomics.notify(words, at);
  }

  #contend(): void {
    for (let turn = 0; turn < SPINS; turn++) {
      if (Atomics.compareExchange(this.#words, this.#at, 0, this.#me) === 0) return;
    }
    let patience = PATIENCE;
    let before = 0;
    // Whoever has slept can't know that nobody else does, so it takes the lock as one that is waited for.
    for (let held = this.#mark(); held !== 0; held = this.#mark()) {
      if (held !== before) patience = PATIENCE;
      before = held;
      if (Atomics.wait(this.#words, this.#at, held, WAIT_MS) !== 'timed-out') patience = PATIENCE;
      else if (--patience <= 0) Atomics.compareExchange(this.#words, this.#at, held, 0);
    }
  }

  /** Takes it where it is free: 0. Else, says that it is waited for; returns what stands there now. */
  #mark(): number {
    while (true) {
      const held = Atomics.load(this.#words, this.#at);
      const next = held === 0 ? this.#me | WAITED_FOR : held | WAITED_FOR;
      if (Atomics.compareExchange(this.#words, this.#at, held, next) === held) return held === 0 ? 0 : next;
    }
  }
}

const WAITED_FOR = 1 << 8;
const SPINS = 100;
const WAIT_MS = 10;
/** Turns of waiting for one that does not move. A process that was stopped meanwhile has waited one of them. */
const PATIENCE = 25;
