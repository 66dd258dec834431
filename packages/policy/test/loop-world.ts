import { ADAPTIVE_LIMIT, Bulkhead, type LoopTurns, type Places } from '../src/index.ts';
import { Timers } from './timers.ts';

/** A proxy of one thread between clients that ask again as soon as they are answered and a service of so many servers. */
export interface LoopLoad {
  readonly clients: number;
  /** What each read of a socket takes the proxy. */
  readonly readMs: number;
  readonly servers: number;
  readonly serviceMs: number;
  /** Undefined: it measures by its clock alone, as a proxy would that knows nothing of its turns. */
  readonly turns?: LoopTurns;
}

export interface LoopSeen {
  readonly refused: number;
  readonly done: number;
  readonly limit: number;
  /** The least that the limit has ever been. */
  readonly leastLimit: number;
}

const LIMITS: Places & { readonly queueMs: number } = {
  connections: 1024,
  requests: 'auto',
  pending: 1024,
  queueMs: 1_000,
};
/** From a client's answer to its next request; and from a request to the service's beginning with it. */
const WIRE_MS = 0.05;
const INSTANT_MS = 1e-6;
/** Few clients come first, so that it is known what the service takes at rest. */
const FEW = 10;
const FLOOD_MS = 2_000;

/** The proxy's loop on a virtual clock: it reads whatever was there when its turn began, one after the other. */
export function simulateLoop(load: LoopLoad, { forMs }: { readonly forMs: number }): LoopSeen {
  const { clients, readMs, servers, serviceMs, turns } = load;
  const bulkhead = new Bulkhead<() => void>();
  const sockets = new Timers();
  const freeAt = Array.from({ length: servers }, () => 0);
  let [now, refused, done, leastLimit, nth]: [number, number, number, number, number] = [
    0,
    0,
    0,
    ADAPTIVE_LIMIT.max,
    0,
  ];

  const send = (client: number) => {
    const sentAt = now;
    const member = bulkhead.adaptive.sent(now, bulkhead.requests);
    const server = nth++ % servers;
    const at = Math.max(now + WIRE_MS, freeAt[server] ?? 0) + serviceMs;
    freeAt[server] = at;
    sockets.add(at, () => {
      const tookMs = turns === undefined ? now - sentAt : Math.max(0, turns.heardSince - sentAt);
      bulkhead.adaptive.answered(member, { tookMs, now, queueMs: LIMITS.queueMs });
      leastLimit = Math.min(leastLimit, bulkhead.adaptive.limit);
      bulkhead.leave();
      done++;
      sockets.add(now + WIRE_MS, () => ask(client));
      for (let next = bulkhead.next(LIMITS); next !== undefined; next = bulkhead.next(LIMITS)) next();
    });
  };
  const ask = (client: number) => {
    if (bulkhead.tryEnter(LIMITS)) send(client);
    else if (!bulkhead.tryWait(() => send(client), LIMITS)) {
      refused++;
      sockets.add(now + WIRE_MS, () => ask(client));
    }
  };

  for (let client = 0; client < clients; client++) sockets.add(client < FEW ? client : FLOOD_MS, () => ask(client));
  while (now < forMs) {
    now = Math.max(now, sockets.firstAt);
    turns?.begin(now);
    // What comes while it reads is later than that, and of the next turn.
    const due = now + INSTANT_MS;
    for (let next = sockets.next(due); next !== undefined; next = sockets.next(due)) {
      next.act();
      now += readMs;
    }
    turns?.end(now);
  }
  return { refused, done, limit: bulkhead.adaptive.limit, leastLimit };
}
