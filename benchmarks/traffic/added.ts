import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { differences, median } from '../measure/statistics.ts';
import { PATHS } from './backend.ts';
import type { Contender } from './contender.ts';
import { featuresOf } from './features.ts';
import { isletWith } from './islet.ts';
import { type Paced, throwAll, throwPaced } from './load.ts';
import type { TrafficRig } from './rig.ts';
import { inTurns } from './turns.ts';
import { warm } from './warm.ts';

const FULL = { connections: 64, bodyBytes: 0, secure: false } as const;
const PER_SECOND = 1_000;
/** The generator's connections keep the same time: one spaces requests evenly, ten send ten at once, a hundred times a second. */
const PACES = { even: 1, burst: 10 } as const;
type Pace = keyof typeof PACES;

/** As Dapr measures its sidecar: the percentile with the proxy less the same percentile without one, in pairs of turns. */
export async function* addedClaims(context: Context, rig: TrafficRig): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  const peers = [...rig.native, ...rig.node].filter(({ speaks }) => speaks.includes('plain'));
  const contenders = [direct(rig), isletWith({ routes: 10 }), ...peers];
  const seconds = times(5, 2, 1);
  const load = { path: PATHS.small, folder: rig.folder, signal };
  const measured = await inTurns<Readonly<Record<Pace, Paced>>>(context, rig, {
    contenders,
    spoken: 'plain',
    warm: ({ port }, contender) =>
      warm(contender, (second) => throwAll({ ...load, ...FULL, port, seconds: second }), times),
    measure: async ({ port }, { name }) => {
      progress(`added latency: ${name}`);
      const at = (pace: Pace) =>
        throwPaced({ ...load, port, connections: PACES[pace], seconds }, { perSecond: PER_SECOND });
      return { even: await at('even'), burst: await at('burst') };
    },
  });
  for (const [pace, connections] of Object.entries(PACES) as readonly [Pace, number][]) {
    for (const what of ['p50Ms', 'p99Ms'] as const) {
      const samples = (name: string) => (measured[name] ?? []).map((run) => run[pace][what]);
      const base = samples(DIRECT);
      const of = (name: string) => medianFigure(differences(base, samples(name)));
      yield {
        claim: `traffic.added.${pace}.${what.slice(0, 3)}`,
        unit: 'ms',
        better: 'less',
        islet: of('Islet'),
        peers: Object.fromEntries(peers.map(({ name }) => [name, of(name)])),
        method: `${PER_SECOND} requests/s from h2load, ${connections === 1 ? 'one after the other' : `${connections} at once`}, for ${seconds} s a turn after a warm-up; the percentile of a turn less that of the turn without a proxy in the same round (median ${median(base).toFixed(3)} ms). ${featuresOf(contenders.slice(1))}`,
      };
    }
  }
}

const DIRECT = 'no proxy';

/** The service itself, which goes on when its turn is over. */
function direct({ backend }: TrafficRig): Contender {
  const { pid, port } = backend;
  const start = async () => ({ pid, port, [Symbol.asyncDispose]: async () => undefined });
  return { name: DIRECT, features: '', speaks: ['plain'], compiles: false, start };
}
