import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { rssKb } from '../support/proc.ts';
import { PATHS } from './backend.ts';
import type { Contender } from './contender.ts';
import { isletWith } from './islet.ts';
import { throwAll } from './load.ts';
import type { TrafficRig } from './rig.ts';
import type { Server } from './server.ts';

/** Enough requests that a leak of a few bytes for each would be seen above the collector's breathing. */
const MILLIONS = { full: 10, quick: 0.1 } as const;
const SLICE_SECONDS = 5;

/** How the resident size grows over the last half of many requests: the slope of a straight line through it. */
export async function slopeClaim({ times, progress, signal }: Context, rig: TrafficRig): Promise<Claim> {
  const wanted = times(MILLIONS.full, MILLIONS.quick) * 1e6;
  await using server = await rig.start(isletWith({ routes: 10 }));
  const looks: { readonly requests: number; readonly mb: number }[] = [];
  let requests = 0;
  while (requests < wanted) {
    progress(`memory: ${(requests / 1e6).toFixed(1)} million requests`);
    const load = { path: PATHS.small, connections: 64, bodyBytes: 0, folder: rig.folder, signal };
    requests += (await throwAll({ ...load, port: server.port, seconds: times(SLICE_SECONDS, 1) })).requests;
    looks.push({ requests, mb: rssKb(server.pid) / 1000 });
  }
  const slope = slopeOf(looks.slice(Math.floor(looks.length / 2)));
  return {
    claim: 'traffic.memory.slope',
    unit: 'MB/million requests',
    better: 'less',
    islet: medianFigure([slope]),
    peers: {},
    method: `The least-squares slope of the proxy's resident size over the last half of ${(requests / 1e6).toFixed(1)} million requests, looked at after every ${SLICE_SECONDS} s of load. No peer: a slope of zero is what all should have.`,
  };
}

const IDLE = 1_000;
const SETTLE_MS = 2_000;
const ANSWER_MS = 30_000;

/** What a connection takes that has been used once and is kept. */
export async function* idleClaims(context: Context, rig: TrafficRig): AsyncIterable<Claim> {
  const { times, progress } = context;
  const contenders: readonly Contender[] = [isletWith({ routes: 10 }), ...rig.native];
  const rounds = times(5, 1);
  const kb: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      progress(`memory of idle connections: ${contender.name}`);
      await using server = await rig.start(contender);
      kb[contender.name] = [...(kb[contender.name] ?? []), await perConnection(server)];
    }
  }
  const of = (name: string) => medianFigure(kb[name] ?? []);
  yield {
    claim: 'traffic.memory.idle-connection',
    unit: 'KB',
    better: 'less',
    islet: of('Islet'),
    peers: Object.fromEntries(rig.native.map(({ name }) => [name, of(name)])),
    method: `Growth of the proxy's resident size by ${IDLE} connections of which each has had one answer and is kept, after as many were opened and closed to fill what is kept for reuse. What the kernel holds for a socket is not in it.`,
  };
}

async function perConnection({ pid, port }: Server): Promise<number> {
  await close(await openAll(port));
  await pause(SETTLE_MS);
  const before = rssKb(pid);
  const sockets = await openAll(port);
  await pause(SETTLE_MS);
  const after = rssKb(pid);
  await close(sockets);
  return (after - before) / IDLE;
}

async function openAll(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < IDLE) sockets.push(await ask(port));
  return sockets;
}

function ask(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', reject);
    // The answer has come when its body, a kilobyte, ends.
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('"}')) resolve(socket);
    });
    // Caddy answers for the host that it is told to be, and for no other.
    socket.write(`GET ${PATHS.small} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`port ${port} did not answer`)));
  });
}

async function close(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await pause(SETTLE_MS / 4);
}

function slopeOf(looks: readonly { readonly requests: number; readonly mb: number }[]): number {
  const mean = (of: (look: (typeof looks)[number]) => number) =>
    looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  const [x, y] = [mean(({ requests }) => requests), mean(({ mb }) => mb)];
  const over = looks.reduce((sum, look) => sum + (look.requests - x) * (look.mb - y), 0);
  const under = looks.reduce((sum, look) => sum + (look.requests - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 1e6;
}
