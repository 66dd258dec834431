import type { Context } from '../context.ts';
import { type Claim, type Figure, medianFigure } from '../measure/claim.ts';
import { median } from '../measure/statistics.ts';
import { cpuMs } from '../support/proc.ts';
import { askedMessage, PATHS } from './backend.ts';
import { checkCall } from './check-call.ts';
import type { Contender, Spoken } from './contender.ts';
import { featuresOf } from './features.ts';
import { isletWith } from './islet.ts';
import { type Load, type Thrown, throwAll, throwStreams } from './load.ts';
import { relay } from './relay.ts';
import type { TrafficRig } from './rig.ts';
import type { Server } from './server.ts';
import { inTurns } from './turns.ts';
import { warm } from './warm.ts';

interface Shape {
  readonly claim: string;
  readonly what: string;
  readonly spoken: Spoken;
  readonly path: string;
  readonly connections: number;
  /** On each connection at once, over HTTP/2; undefined: HTTP/1.1. */
  readonly streams?: number;
  readonly bodyBytes?: number;
  /** Those that are written for Node take part. */
  readonly withNode: boolean;
}

const CONNECTIONS = 64;
/** As many streams in all as there are connections elsewhere. */
const SHARED = { connections: 8, streams: 8 } as const;

export const SHAPES: readonly Shape[] = [
  shape('get-1k', 'GET, 1 KB of JSON', { withNode: true }),
  shape('post-4k', 'POST of 4 KB, 1 KB of JSON back', { bodyBytes: 4_096, withNode: true }),
  shape('get-100k', 'GET, 100 KB', { path: PATHS.large, withNode: true }),
  shape('1000-connections', 'GET, 1 KB of JSON', { connections: 1_000 }),
  shape('tls-get-1k', 'GET over TLS, 1 KB of JSON', { spoken: 'tls' }),
  shape('h2-get-1k', 'GET over TLS and HTTP/2, 1 KB of JSON', { spoken: 'tls', ...SHARED }),
  shape('grpc-unary', 'a unary gRPC call, 64 bytes for 256', {
    spoken: 'grpc',
    path: PATHS.call,
    ...SHARED,
    withNode: true,
  }),
];

function shape(claim: string, what: string, changes: Partial<Shape>): Shape {
  const usual = { spoken: 'plain', path: PATHS.small, connections: CONNECTIONS, withNode: false } as const;
  return { claim, what, ...usual, ...changes };
}

/** Where the contender understands what it carries, this much more than the relay is its own work. */
const ROUTES = 10;

interface Run extends Thrown {
  readonly cpuUs: number;
}

const FIGURES = [
  ['throughput', 'requests/s', 'more', (run: Run) => run.perSecond],
  ['cpu', 'µs of CPU/request', 'less', (run: Run) => run.cpuUs],
] as const;

/** What one core carries of one kind of load, and what each request takes of it. */
export async function* throughputClaims(context: Context, rig: TrafficRig, shape: Shape): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  const { claim, spoken, connections, withNode, streams, path } = shape;
  const peers = [...rig.native, ...(withNode ? rig.node : [])].filter(({ speaks }) => speaks.includes(spoken));
  const ceiling = spoken === 'plain' ? [relay] : [];
  const contenders = [isletWith({ routes: ROUTES }), ...peers, ...ceiling];
  const load = (port: number, seconds: number) =>
    throwShape(shape, { port, path, connections, seconds, folder: rig.folder, signal });
  // A thousand connections are a part of a second in the making.
  const seconds = times(4, 1, connections > CONNECTIONS ? 2 : 1);
  const measured = await inTurns<Run>(context, rig, {
    contenders,
    spoken,
    warm: async ({ port }, contender) => {
      if (spoken === 'grpc') await checkCall(port, PATHS.call, askedMessage());
      await warm(contender, (seconds) => load(port, seconds), times);
    },
    measure: async (server: Server, { name }: Contender) => {
      progress(`${claim}: ${name}`);
      const before = cpuMs(server.pid);
      const result = await load(server.port, seconds);
      return { ...result, cpuUs: ((cpuMs(server.pid) - before) * 1000) / result.requests };
    },
  });
  const from = streams === undefined ? 'from wrk' : `with ${streams} streams each, from h2load`;
  const about = `${shape.what}, ${connections} connections that are kept, ${from} for ${seconds} s a turn after a warm-up; the proxy has one core, nginx behind it answers from memory.`;
  for (const [what, unit, better, figure] of FIGURES) {
    const of = (name: string): Figure => medianFigure((measured[name] ?? []).map(figure));
    const shown = Object.fromEntries(peers.map(({ name }) => [name, of(name)]));
    const [least] = ceiling.map(
      ({ name }) => `${name}, which understands none of them: ${short(of(name).value)} ${unit}.`,
    );
    const method = [about, refusalsOf(measured), least ?? '', featuresOf(contenders)].filter(Boolean).join(' ');
    yield { claim: `traffic.${what}.${claim}`, unit, better, islet: of('Islet'), peers: shown, method };
  }
}

async function throwShape(shape: Shape, load: Load): Promise<Thrown> {
  const { spoken, streams, bodyBytes = 0 } = shape;
  const secure = spoken === 'tls';
  if (streams === undefined) return await throwAll({ ...load, bodyBytes, secure });
  return await throwStreams({ ...load, streams, secure, message: spoken === 'grpc' ? askedMessage() : undefined });
}

/** Whoever answered some requests only by refusing them: these do not count. */
function refusalsOf(measured: Readonly<Record<string, readonly Run[]>>): string {
  const shares = Object.entries(measured).map(
    ([name, runs]) => [name, median(runs.map((run) => run.refusedPercent))] as const,
  );
  const some = shares.filter(([, percent]) => percent > 0).map(([name, percent]) => `${name} ${percent.toFixed(2)} %`);
  return some.length === 0 ? '' : `Refused, and not counted: ${some.join(', ')}.`;
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
