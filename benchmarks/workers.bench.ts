import { availableParallelism } from 'node:os';
import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';
import { interleave } from './measure/interleave.ts';
import { cpuMs } from './support/proc.ts';
import { PATHS } from './traffic/backend.ts';
import { isletWith } from './traffic/islet.ts';
import { throwAll } from './traffic/load.ts';
import { TrafficRig } from './traffic/rig.ts';

/** What it costs that several threads carry the traffic and share what limits it, and what it brings. */
export const workers: Benchmark = { name: 'workers', claims };

const ONE = 'Islet, one worker';
const TWO = 'Islet, two workers';
const WARM_SECONDS = 2;

async function* claims(context: Context): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  await using rig = await TrafficRig.withoutPeers(signal);
  const seconds = times(4, 1);
  const cores = availableParallelism();
  const contender = (count: number) => isletWith({ routes: 10, workers: count });
  const measure = (name: string, count: number) => async () => {
    progress(`${name}, ${seconds} s`);
    await using server = await rig.start(contender(count));
    const load = {
      path: PATHS.small,
      connections: 64,
      bodyBytes: 0,
      secure: false,
      port: server.port,
      folder: rig.folder,
      signal,
    };
    await throwAll({ ...load, seconds: times(WARM_SECONDS, 1) });
    const before = cpuMs(server.pid);
    const { requests, perSecond } = await throwAll({ ...load, seconds });
    return { perSecond, cpuUs: ((cpuMs(server.pid) - before) * 1000) / requests };
  };
  const measured = await interleave(times(10, 2), { [ONE]: measure(ONE, 1), [TWO]: measure(TWO, 2) });
  const of = (name: typeof ONE | typeof TWO, figure: (run: Run) => number) => medianFigure(measured[name].map(figure));
  const about = `GET, 1 KB of JSON, 64 connections that are kept, from wrk for ${seconds} s after a warm-up, on a machine of ${cores} cores; every default on. The peer is Islet itself with one worker.`;
  yield {
    claim: 'workers.cpu',
    unit: 'µs of CPU/request',
    better: 'less',
    islet: of(TWO, ({ cpuUs }) => cpuUs),
    peers: { [ONE]: of(ONE, ({ cpuUs }) => cpuUs) },
    method: `${about} All threads' time together: what locks and shared counters cost.`,
  };
  yield {
    claim: 'workers.throughput',
    unit: 'requests/s',
    better: 'more',
    islet: of(TWO, ({ perSecond }) => perSecond),
    peers: { [ONE]: of(ONE, ({ perSecond }) => perSecond) },
    method: `${about} ${cores < 4 ? 'Load, backend and two workers want four cores: here they take them from each other, and the figure says little.' : 'One worker has a core to itself, two have two.'}`,
  };
}

interface Run {
  readonly perSecond: number;
  readonly cpuUs: number;
}
