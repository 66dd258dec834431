import { AdaptiveLimit } from '../src/index.ts';

/** What a simulated service does now; a test changes it as time goes by. */
export interface Load {
  /** Callers, each of which asks again as soon as it is answered. */
  clients: number;
  servers: number;
  /** How long one request takes a server, drawn by a number from 0 to 1. */
  readonly serviceMs: (draw: number, now: number) => number;
}

export interface Seen {
  readonly at: number;
  readonly limit: number;
  readonly inFlight: number;
  readonly done: number;
  readonly refused: number;
}

/** Exponential service times, the M in M/M/c. */
export function exponential(meanMs: number): (draw: number) => number {
  return (draw) => -meanMs * Math.log(draw);
}

const QUEUE_MS = 1_000;

/**
 * A closed queue on a virtual clock: clients → the limit's queue → a service's own queue → its servers. Gives back what was
 * seen each tenth of a second.
 */
export function simulate(load: Load, { forMs, seed, at }: SimulateOptions): readonly Seen[] {
  const limit = new AdaptiveLimit();
  const draw = randomBy(seed);
  const timers = new Timers();
  const seen: Seen[] = [];
  const gate: number[] = [];
  const queue: { readonly sentAt: number; readonly member: number }[] = [];
  let [now, live, inFlight, busy, done, refused] = [0, 0, 0, 0, 0, 0];

  const come = () => {
    if (live > load.clients) live--;
    else gate.push(now);
  };
  const serve = () => {
    while (busy < load.servers) {
      const request = queue.shift();
      if (request === undefined) return;
      busy++;
      timers.add(now + load.serviceMs(draw(), now), () => {
        [busy, inFlight, done] = [busy - 1, inFlight - 1, done + 1];
        limit.answered(request.member, { tookMs: now - request.sentAt, now, queueMs: QUEUE_MS });
        come();
      });
    }
  };
  const admit = () => {
    while (gate[0] !== undefined && inFlight < limit.limit) {
      if (now - (gate.shift() ?? now) > QUEUE_MS) {
        refused++;
        timers.add(now + 50 * draw(), come);
        continue;
      }
      inFlight++;
      queue.push({ sentAt: now, member: limit.sent(now, inFlight) });
    }
  };

  for (let tick = 0; tick < forMs; tick += 100) {
    at?.(load, tick);
    for (; live < load.clients; live++) timers.add(tick + 20 * draw(), come);
    for (let next = timers.next(tick + 100); next !== undefined; next = timers.next(tick + 100)) {
      now = next.at;
      next.act();
      admit();
      serve();
    }
    seen.push({ at: tick, limit: limit.limit, inFlight, done, refused });
  }
  return seen;
}

interface SimulateOptions {
  readonly forMs: number;
  readonly seed: number;
  readonly at?: (load: Load, now: number) => void;
}

/** Events in the order of their time: a heap. */
class Timers {
  readonly #heap: Timer[] = [];

  add(at: number, act: () => void): void {
    this.#heap.push({ at, act });
    for (let child = this.#heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) break;
      child = this.#swap(child, parent);
    }
  }

  next(before: number): Timer | undefined {
    if (this.#at(0) >= before) return undefined;
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    for (let parent = 0; ; ) {
      const least = [2 * parent + 1, 2 * parent + 2].reduce((a, b) => (this.#at(b) < this.#at(a) ? b : a), parent);
      if (least === parent) return first;
      parent = this.#swap(parent, least);
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(from: number, to: number): number {
    [this.#heap[from], this.#heap[to]] = [this.#heap[to]!, this.#heap[from]!];
    return to;
  }
}

interface Timer {
  readonly at: number;
  readonly act: () => void;
}

/** Numbers between 0 and 1, neither included, the same for the same seed (Numerical Recipes' generator). */
function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}
