import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { rssKb } from '../support/proc.ts';
import { PATHS } from './backend.ts';
import { isletWith } from './islet.ts';
import { throwAll } from './load.ts';
import type { TrafficRig } from './rig.ts';

/** Enough requests that a leak of a few bytes for each would be seen above the collector's breathing. */
const REQUESTS = 10e6;
const SLICE_SECONDS = 5;

/** How the resident size grows over the last half of many requests: the slope of a straight line through it. */
export async function slopeClaim({ progress, signal }: Context, rig: TrafficRig): Promise<Claim> {
  await using server = await rig.start(isletWith({ routes: 10 }));
  const looks: { readonly requests: number; readonly mb: number }[] = [];
  let requests = 0;
  while (requests < REQUESTS) {
    progress(`memory: ${(requests / 1e6).toFixed(1)} million requests`);
    const load = { path: PATHS.small, connections: 64, bodyBytes: 0, secure: false, folder: rig.folder, signal };
    requests += (await throwAll({ ...load, port: server.port, seconds: SLICE_SECONDS })).requests;
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

function slopeOf(looks: readonly { readonly requests: number; readonly mb: number }[]): number {
  const mean = (of: (look: (typeof looks)[number]) => number) =>
    looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  const [x, y] = [mean(({ requests }) => requests), mean(({ mb }) => mb)];
  const over = looks.reduce((sum, look) => sum + (look.requests - x) * (look.mb - y), 0);
  const under = looks.reduce((sum, look) => sum + (look.requests - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 1e6;
}
