import { AdaptiveLimit } from '../src/index.ts';
import { Timers } from './timers.ts';

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

/** Numbers between 0 and 1, neither included, the same for the same seed (Numerical Recipes' generator). */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}
