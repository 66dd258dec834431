import { setTimeout as pause } from 'node:timers/promises';
import type { SystemStatus } from '@islet/client';
import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';
import { cpuMs, parentOf, pssMb, treePssMb } from './support/proc.ts';
import { replicate } from './support/replica.ts';

/** What the platform itself takes of the machine while the shop runs and nobody buys. */
export const footprint: Benchmark = { name: 'footprint', claims };

/** Starting leaves garbage behind, and work that soon ends. */
const SETTLE_MS = 5_000;
const LOOKS = 5;

async function* claims(context: Context): AsyncIterable<Claim> {
  const { times, signal, progress } = context;
  const [shop, pm2] = [await context.shop(), await context.pm2()];
  await shop.up({ signal });
  progress('Islet at rest');
  const status = await shop.status();
  const windowMs = times(30_000, 5_000);
  const islet = await watch(partsOf(status), { windowMs, signal });
  const replica = await replicate(status, pm2.folder);
  await shop.down({ signal });

  progress(`${pm2.name} at rest`);
  await pm2.start(replica, signal);
  const peer = await watch({ daemon: { pids: [await pm2.daemonPid()] } }, { windowMs, signal });
  await pm2.stop();

  const shared =
    'PSS from smaps_rollup: a page shared by several processes counts for each by its part, other Node programs on the machine included.';
  const looks = `${LOOKS} looks in ${windowMs / 1000} s of rest.`;
  for (const [part, samples] of Object.entries(islet.memoryMb)) {
    yield {
      claim: `footprint.memory.${part}`,
      unit: 'MB',
      better: 'less',
      islet: medianFigure(samples),
      peers: {},
      method: `${shared} ${looks} ${ABOUT[part] ?? ''}`.trim(),
    };
  }
  yield {
    claim: 'footprint.memory.platform',
    unit: 'MB',
    better: 'less',
    islet: medianFigure(total(islet.memoryMb, PLATFORM)),
    peers: { [pm2.name]: medianFigure(peer.memoryMb.daemon ?? []) },
    method: `${shared} ${looks} Islet: ${PLATFORM.join(', ')}. ${pm2.name}: its daemon, with the same six services; it has no proxy and no control plane, so this is what those cost.`,
  };
  yield {
    claim: 'footprint.idle-cpu',
    unit: '% of a core',
    better: 'less',
    islet: medianFigure([islet.cpuPercent(PLATFORM)]),
    peers: { [pm2.name]: medianFigure([peer.cpuPercent(['daemon'])]) },
    method: `User and kernel time of the same processes in one window of ${windowMs / 1000} s without requests; its grain is 10 ms. Islet's holds the probes of six services, which ${pm2.name} does not make.`,
  };
}

const PLATFORM = ['control-plane', 'proxy', 'keeper', 'shims'];
const ABOUT: Readonly<Record<string, string>> = {
  shims: 'The small shells that stand between the supervisor and each service and database.',
  postgresql: 'Two servers with all of their processes, as the shop asks for them; any supervisor would run them.',
};

interface Part {
  readonly pids: readonly number[];
  /** With the processes below these, which come and go. */
  readonly withTheirs?: boolean;
}

type Parts = Readonly<Record<string, Part>>;

function partsOf({ processes: { controlPlane, proxy, keeper }, services }: SystemStatus): Parts {
  const databases = services.flatMap(({ database }) => database?.pid ?? []);
  const instances = services.flatMap(({ instanceList }) => instanceList.flatMap(({ pid }) => pid ?? []));
  if (proxy === undefined || keeper === undefined) throw new Error('the proxy or the keeper does not run');
  return {
    'control-plane': { pids: [controlPlane.pid] },
    proxy: { pids: [proxy.pid] },
    keeper: { pids: [keeper.pid] },
    shims: { pids: [...databases, ...instances].map(parentOf) },
    postgresql: { pids: databases, withTheirs: true },
  };
}

interface Watched {
  readonly memoryMb: Readonly<Record<string, readonly number[]>>;
  readonly cpuPercent: (parts: readonly string[]) => number;
}

async function watch(
  parts: Parts,
  { windowMs, signal }: { readonly windowMs: number; readonly signal: AbortSignal },
): Promise<Watched> {
  await pause(SETTLE_MS, undefined, { signal });
  const cpu = () => mapParts(parts, ({ pids }) => sum(pids.map(cpuMs)));
  const [before, since] = [cpu(), performance.now()];
  const looks: Readonly<Record<string, number>>[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await pause(windowMs / LOOKS, undefined, { signal });
    looks.push(mapParts(parts, ({ pids, withTheirs }) => sum(pids.map(withTheirs ? treePssMb : pssMb))));
  }
  const [after, tookMs] = [cpu(), performance.now() - since];
  const used = (part: string) => (after[part] ?? 0) - (before[part] ?? 0);
  return {
    memoryMb: Object.fromEntries(Object.keys(parts).map((part) => [part, looks.map((look) => look[part] ?? 0)])),
    cpuPercent: (names) => (sum(names.map(used)) / tookMs) * 100,
  };
}

function total(memoryMb: Watched['memoryMb'], names: readonly string[]): number[] {
  return Array.from({ length: LOOKS }, (_, look) => sum(names.map((name) => memoryMb[name]?.[look] ?? 0)));
}

function mapParts(parts: Parts, of: (part: Part) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, of(part)]));
}

function sum(values: readonly number[]): number {
  return values.reduce((some, value) => some + value, 0);
}
