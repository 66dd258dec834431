import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { cpuMs } from '../support/proc.ts';
import { PATHS } from './backend.ts';
import { isletWith, type Size } from './islet.ts';
import { throwAll } from './load.ts';
import type { TrafficRig } from './rig.ts';
import { inTurns } from './turns.ts';
import { warm } from './warm.ts';

const ROUTES = 10;
const MANY_ROUTES = 1_000;

/** What a request costs more where many routes are declared. */
interface Growth {
  readonly claim: string;
  readonly what: string;
  readonly few: Size;
  readonly many: Size;
}

export const GROWTHS: readonly Growth[] = [
  {
    claim: 'traffic.routes',
    what: `${MANY_ROUTES} routes at the gateway against ${ROUTES}`,
    few: { routes: ROUTES },
    many: { routes: MANY_ROUTES },
  },
  {
    claim: 'traffic.overrides',
    what: `${MANY_ROUTES} routes of the service that have a policy of their own, against ${ROUTES}`,
    few: { routes: ROUTES, overrides: ROUTES },
    many: { routes: ROUTES, overrides: MANY_ROUTES },
  },
];

export async function growthClaim(context: Context, rig: TrafficRig, growth: Growth): Promise<Claim> {
  const { times, progress, signal } = context;
  const { claim, what, few, many } = growth;
  const load = { path: PATHS.small, connections: 64, bodyBytes: 0, secure: false, folder: rig.folder, signal };
  const measured = await inTurns<number>(context, rig, {
    contenders: [
      { ...isletWith(few), name: 'few' },
      { ...isletWith(many), name: 'many' },
    ],
    spoken: 'plain',
    warm: ({ port }, contender) => warm(contender, (second) => throwAll({ ...load, port, seconds: second }), times),
    measure: async ({ pid, port }, { name }) => {
      progress(`${claim}: CPU per request, ${name}`);
      const before = cpuMs(pid);
      const { requests } = await throwAll({ ...load, port, seconds: times(4, 2, 1) });
      return ((cpuMs(pid) - before) * 1000) / requests;
    },
  });
  const fewCosts = measured.few ?? [];
  const percent = (measured.many ?? []).map((cost, round) => (cost / (fewCosts[round] ?? Number.NaN) - 1) * 100);
  return {
    claim,
    unit: '% more CPU/request',
    better: 'less',
    islet: medianFigure(percent),
    peers: {},
    method: `With ${what}, in pairs of turns; the median of the pairs. No peer: what a route costs is asked of Islet alone.`,
  };
}
