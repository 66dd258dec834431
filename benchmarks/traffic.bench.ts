import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';
import { interleave } from './measure/interleave.ts';
import { differences, median } from './measure/statistics.ts';
import { cpuMs } from './support/proc.ts';
import { PATHS } from './traffic/backend.ts';
import type { Contender } from './traffic/contender.ts';
import { isletWith, type Size } from './traffic/islet.ts';
import { type Paced, throwAll, throwPaced } from './traffic/load.ts';
import { idleClaims, slopeClaim } from './traffic/memory.ts';
import { TrafficRig } from './traffic/rig.ts';
import type { Server } from './traffic/server.ts';

/** What the proxy carries on one core, what it adds to a request, and what it takes, beside other proxies. */
export const traffic: Benchmark = { name: 'traffic', claims };

async function* claims(context: Context): AsyncIterable<Claim> {
  await using rig = await TrafficRig.make(context.signal);
  for (const load of LOADS) yield* throughput(context, rig, load);
  yield* added(context, rig);
  for (const one of GROWTHS) yield* growth(context, rig, one);
  yield await slopeClaim(context, rig);
  yield* idleClaims(context, rig);
}

interface LoadShape {
  readonly claim: string;
  readonly what: string;
  readonly path: string;
  readonly connections: number;
  readonly bodyBytes: number;
}

const LOADS: readonly LoadShape[] = [
  { claim: 'get-1k', what: 'GET, 1 KB of JSON', path: PATHS.small, connections: 64, bodyBytes: 0 },
  { claim: 'post-4k', what: 'POST of 4 KB, 1 KB of JSON back', path: PATHS.small, connections: 64, bodyBytes: 4_096 },
  { claim: 'get-100k', what: 'GET, 100 KB', path: PATHS.large, connections: 64, bodyBytes: 0 },
  { claim: '1000-connections', what: 'GET, 1 KB of JSON', path: PATHS.small, connections: 1_000, bodyBytes: 0 },
];

const ROUTES = 10;
/** The compiler of a proxy in JavaScript has to see some requests first. */
const WARM_SECONDS = 2;

async function* throughput(context: Context, rig: TrafficRig, shape: LoadShape): AsyncIterable<Claim> {
  const { times, progress } = context;
  const seconds = times(4, 1);
  const contenders = [isletWith({ routes: ROUTES }), ...rig.native, ...rig.node];
  const measured = await interleave(
    times(10, 2),
    mapOf(contenders, (contender) => async () => {
      progress(`${shape.claim}: ${contender.name}`);
      await using server = await rig.start(contender);
      const load = { ...shape, port: server.port, folder: rig.folder, signal: context.signal };
      await throwAll({ ...load, seconds: times(WARM_SECONDS, 1) });
      const before = cpuMs(server.pid);
      const { requests, perSecond, refusedPercent } = await throwAll({ ...load, seconds });
      return { perSecond, refusedPercent, cpuUs: ((cpuMs(server.pid) - before) * 1000) / requests };
    }),
  );
  const about = `${shape.what}, ${shape.connections} connections that are kept, from wrk for ${seconds} s after a warm-up; the proxy has one core, nginx behind it answers from memory.`;
  for (const [what, unit, better, figure] of FIGURES) {
    const of = (name: string) => medianFigure((measured[name] ?? []).map(figure));
    const peers = Object.fromEntries([...rig.native, ...rig.node].map(({ name }) => [name, of(name)]));
    const method = `${about}${refusalsOf(measured)} ${featuresOf(contenders)}`;
    yield { claim: `traffic.${what}.${shape.claim}`, unit, better, islet: of('Islet'), peers, method };
  }
}

const FIGURES = [
  ['throughput', 'requests/s', 'more', (run: Run) => run.perSecond],
  ['cpu', 'µs of CPU/request', 'less', (run: Run) => run.cpuUs],
] as const;

interface Run {
  readonly perSecond: number;
  readonly refusedPercent: number;
  readonly cpuUs: number;
}

const DIRECT = 'no proxy';
const PACE = { perSecond: 1_000, connections: 10 } as const;

/** As Dapr measures its sidecar: the percentile with the proxy less the same percentile without one, in pairs of runs. */
async function* added(context: Context, rig: TrafficRig): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  const contenders = [isletWith({ routes: ROUTES }), ...rig.native, ...rig.node];
  const paced = async (name: string, port: number) => {
    progress(`added latency: ${name}`);
    const load = { path: PATHS.small, connections: PACE.connections, bodyBytes: 0, folder: rig.folder, signal };
    return await throwPaced({ ...load, port, seconds: times(5, 2) }, PACE);
  };
  const runs: Record<string, () => Promise<Paced>> = {
    [DIRECT]: () => paced(DIRECT, rig.backend.port),
    ...mapOf(contenders, (contender) => async () => {
      await using server = await rig.start(contender);
      await warm(context, rig, server);
      return await paced(contender.name, server.port);
    }),
  };
  const measured = await interleave(times(10, 2), runs);
  for (const what of ['p50Ms', 'p99Ms'] as const) {
    const base = (measured[DIRECT] ?? []).map((run) => run[what]);
    const of = (name: string) =>
      medianFigure(
        differences(
          base,
          (measured[name] ?? []).map((run) => run[what]),
        ),
      );
    yield {
      claim: `traffic.added.${what.slice(0, 3)}`,
      unit: 'ms',
      better: 'less',
      islet: of('Islet'),
      peers: Object.fromEntries([...rig.native, ...rig.node].map(({ name }) => [name, of(name)])),
      method: `${PACE.perSecond} requests/s over ${PACE.connections} connections from h2load; the percentile of a run less that of the run without a proxy in the same round (median ${median(base).toFixed(3)} ms). ${featuresOf(contenders)}`,
    };
  }
}

const MANY_ROUTES = 1_000;

/** What a request costs more where many routes are declared. */
interface Growth {
  readonly claim: string;
  readonly what: string;
  readonly few: Size;
  readonly many: Size;
}

const GROWTHS: readonly Growth[] = [
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

async function* growth(context: Context, rig: TrafficRig, { claim, what, few, many }: Growth): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  const cpuPerRequest = async (size: Size) => {
    progress(`${claim}: CPU per request with ${size.overrides ?? size.routes}`);
    await using server = await rig.start(isletWith(size));
    await warm(context, rig, server);
    const before = cpuMs(server.pid);
    const load = { path: PATHS.small, connections: 64, bodyBytes: 0, folder: rig.folder, signal };
    const { requests } = await throwAll({ ...load, port: server.port, seconds: times(5, 1) });
    return ((cpuMs(server.pid) - before) * 1000) / requests;
  };
  const measured = await interleave(times(10, 2), { few: () => cpuPerRequest(few), many: () => cpuPerRequest(many) });
  const percent = measured.many.map((cost, round) => (cost / (measured.few[round] ?? Number.NaN) - 1) * 100);
  yield {
    claim,
    unit: '% more CPU/request',
    better: 'less',
    islet: medianFigure(percent),
    peers: {},
    method: `With ${what}, in pairs of runs; the median of the pairs. No peer: what a route costs is asked of Islet alone.`,
  };
}

async function warm({ times, signal }: Context, rig: TrafficRig, { port }: Server): Promise<void> {
  const load = { path: PATHS.small, connections: 64, bodyBytes: 0, folder: rig.folder, signal };
  await throwAll({ ...load, port, seconds: times(WARM_SECONDS, 1) });
}

/** Whoever answered some requests only by refusing them: these do not count. */
function refusalsOf(measured: Readonly<Record<string, readonly Run[]>>): string {
  const shares = Object.entries(measured).map(
    ([name, runs]) => [name, median(runs.map((run) => run.refusedPercent))] as const,
  );
  const some = shares.filter(([, percent]) => percent > 0).map(([name, percent]) => `${name} ${percent.toFixed(2)} %`);
  return some.length === 0 ? '' : ` Refused, and not counted: ${some.join(', ')}.`;
}

function featuresOf(contenders: readonly Contender[]): string {
  return `On in each: ${contenders.map(({ name, features }) => `${name}: ${features}`).join('. ')}.`;
}

function mapOf<T>(
  contenders: readonly Contender[],
  of: (contender: Contender) => () => Promise<T>,
): Record<string, () => Promise<T>> {
  return Object.fromEntries(contenders.map((contender) => [contender.name, of(contender)]));
}
