import { Agent, request } from 'node:http';
import type { DrillTarget } from '@islet/client';
import { GrpcCalls } from './grpc-calls.ts';

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
  readonly protocol: DrillTarget['protocol'];
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

/** What the load goes through. */
interface Asker {
  /** The one after so many others; whether it was answered well. */
  ask(count: number): Promise<boolean>;
  close(): void;
}

/** So many requests a second through the proxy, evenly, whatever becomes of those before: an open loop hides no wait. */
export function startLoad(options: LoadOptions): Load {
  const shots: Shot[] = [];
  const asker = options.protocol === 'grpc' ? grpcAsker(options) : httpAsker(options);
  const open = new Set<Promise<unknown>>();
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * options.rps;
    for (; sent < due; sent++) {
      if (open.size >= MOST_AT_ONCE) continue;
      const at = performance.now();
      const shot = asker.ask(sent).then((ok) => shots.push({ tookMs: performance.now() - at, ok }));
      open.add(shot);
      void shot.finally(() => open.delete(shot));
    }
  }, TICK_MS);
  return {
    shots,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      asker.close();
    },
  };
}

/** What the service says is its own affair; only 5xx, and no answer, are failures of it. */
function httpAsker({ socket, service, requests }: LoadOptions): Asker {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
  return {
    ask: (count) =>
      new Promise((resolve) => {
        const { method, path, headers } = requests[count % requests.length] ?? ROOT;
        const signal = AbortSignal.timeout(SHOT_MS);
        const asked = { socketPath: socket, method, path, agent, signal, headers: { ...headers, host: service } };
        const outgoing = request(asked, (response) => {
          response.resume();
          response.once('end', () => resolve((response.statusCode ?? 500) < 500));
          response.once('error', () => resolve(false));
        });
        outgoing.once('error', () => resolve(false));
        outgoing.end();
      }),
    close: () => agent.destroy(),
  };
}

/** Calls over one connection; of a proxy that dies, the next call opens another. */
function grpcAsker({ socket, service, requests }: LoadOptions): Asker {
  const calls = new GrpcCalls({ socket, service, timeoutMs: SHOT_MS });
  return {
    ask: (count) => calls.call((requests[count % requests.length] ?? HEALTH).path),
    close: () => calls.close(),
  };
}

/** Where nothing is known that may be asked. */
export const ROOT: DrillTarget['requests'][number] = { method: 'GET', path: '/', headers: {} };

/** What most services that speak gRPC answer; those that don't say so, which is an answer too. */
export const HEALTH: DrillTarget['requests'][number] = { ...ROOT, path: '/grpc.health.v1.Health/Check' };
