import { Bulkhead, type Places } from '../src/index.ts';
import { randomBy } from './queue-world.ts';
import { Timers } from './timers.ts';

/** A steady rate of requests to a service that does any number of them at once: it has no queue, whatever it takes. */
export interface SteadyLoad {
  readonly rate: number;
  /** How long one request takes, drawn by a number from 0 to 1. */
  readonly serviceMs: (draw: number, now: number) => number;
}

export interface SteadySeen {
  readonly answered: number;
  readonly refused: number;
  /** The most that had a place at once, and the least that the limit has ever been. */
  readonly peak: number;
  readonly leastLimit: number;
}

const QUEUE_MS = 1_000;
const LIMITS: Places = { connections: 1024, requests: 'auto', pending: 1024 };

/** On a virtual clock, through the places that a caller has: whoever waits longer than `QUEUE_MS` for one is refused. */
export function simulateSteady(
  load: SteadyLoad,
  { forMs, seed }: { readonly forMs: number; readonly seed: number },
): SteadySeen {
  const draw = randomBy(seed);
  const bulkhead = new Bulkhead<() => void>();
  const timers = new Timers();
  let [now, answered, refused, peak, leastLimit] = [0, 0, 0, 0, bulkhead.adaptive.limit];

  const send = () => {
    const sentAt = now;
    peak = Math.max(peak, bulkhead.requests);
    const member = bulkhead.adaptive.sent(now, bulkhead.requests);
    timers.add(now + load.serviceMs(draw(), now), () => {
      bulkhead.adaptive.answered(member, { tookMs: now - sentAt, now, queueMs: QUEUE_MS });
      leastLimit = Math.min(leastLimit, bulkhead.adaptive.limit);
      answered++;
      bulkhead.leave();
      for (let next = bulkhead.next(LIMITS); next !== undefined; next = bulkhead.next(LIMITS)) next();
    });
  };
  const wait = () => {
    let waits = true;
    const go = () => {
      waits = false;
      send();
    };
    const hasPlace = bulkhead.tryWait(go, LIMITS);
    if (!hasPlace) refused++;
    else
      timers.add(now + QUEUE_MS, () => {
        if (!waits) return;
        bulkhead.stopWaiting(go);
        refused++;
      });
  };
  const come = () => {
    if (bulkhead.tryEnter(LIMITS)) send();
    else wait();
    timers.add(now + 1_000 / load.rate, come);
  };

  timers.add(0, come);
  for (let next = timers.next(forMs); next !== undefined; next = timers.next(forMs)) {
    now = next.at;
    next.act();
  }
  return { answered, refused, peak, leastLimit };
}
