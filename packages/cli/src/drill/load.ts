import { Agent, request } from 'node:http';
import type { DrillTarget } from '@islet/client';

/** One request of the load. */
export interface Shot {
  readonly tookMs: number;
  readonly ok: boolean;
}

export interface Load {
  readonly shots: readonly Shot[];
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** The proxy's socket for the operator. */
  readonly socket: string;
  readonly service: string;
  /** Asked one after the other, over and over. */
  readonly requests: DrillTarget['requests'];
  /** 0: none is sent. */
  readonly rps: number;
}

/** How long one request may take; what takes longer has failed. */
const SHOT_MS = 10_000;
/** Requests under way at once; beyond it none is sent, so that a service that hangs is not flooded. */
const MOST_AT_ONCE = 200;
const TICK_MS = 10;

/** So many requests a second through the proxy, evenly, whatever becomes of those before: an open loop hides no wait. */
export function startLoad(options: LoadOptions): Load {
  const shots: Shot[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
  const open = new Set<Promise<unknown>>();
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * options.rps;
    for (; sent < due; sent++) {
      if (open.size >= MOST_AT_ONCE) continue;
      const shot: Promise<unknown> = shoot(options, sent, agent).then((one) => shots.push(one));
      open.add(shot);
      void shot.finally(() => open.delete(shot));
    }
  }, TICK_MS);
  return {
    shots,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}

/** What the service says is its own affair; only 5xx, and no answer, are failures of it. */
function shoot({ socket, service, requests }: LoadOptions, count: number, agent: Agent): Promise<Shot> {
  const { method, path, headers } = requests[count % requests.length] ?? ROOT;
  const at = performance.now();
  return new Promise((resolve) => {
    const end = (ok: boolean) => resolve({ tookMs: performance.now() - at, ok });
    const signal = AbortSignal.timeout(SHOT_MS);
    const asked = { socketPath: socket, method, path, agent, signal, headers: { ...headers, host: service } };
    const outgoing = request(asked, (response) => {
      response.resume();
      response.once('end', () => end((response.statusCode ?? 500) < 500));
      response.once('error', () => end(false));
    });
    outgoing.once('error', () => end(false));
    outgoing.end();
  });
}

/** Where nothing is known that may be asked. */
export const ROOT: DrillTarget['requests'][number] = { method: 'GET', path: '/', headers: {} };
