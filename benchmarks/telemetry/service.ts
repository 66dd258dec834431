import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundlePreload, withPreload } from '@islet/instrument-node';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { interleave } from '../measure/interleave.ts';
import { pssMb } from '../support/proc.ts';

const SERVICE = fileURLToPath(new URL('./service-main.ts', import.meta.url));
const CONNECTIONS = 8;
/** Below what is recorded of each process (200 a second), so that every request is. */
const PACED_PER_SECOND = 100;

/** What a Node service under load pays for being traced without a change, and for lines that say of which trace they are. */
export async function* service({ times, progress, signal, wants }: Context): AsyncIterable<Claim> {
  const folder = mkdtempSync(join(tmpdir(), 'islet-bench-service-'));
  const sink = createServer((incoming, response) => incoming.resume().on('end', () => response.end()));
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  try {
    const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
    const traced = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      NODE_OPTIONS: withPreload(await bundlePreload(folder), undefined),
    };
    const rounds = times(7, 3);
    const cpu = 'Processor time of the service alone, which answers at once by node:http, as it tells it itself';
    if (wants('telemetry.service.busy') || wants('telemetry.service.memory')) {
      progress('a service that is as busy as it can be, traced and not');
      const busy = await interleave(
        rounds,
        both(traced, (port) => flood({ port, requests: times(20_000, 4_000), signal })),
      );
      yield claim(
        'telemetry.service.busy',
        busy,
        `${cpu}; ${CONNECTIONS} connections without a pause, so that most traces are left out, as beyond 200 a second.`,
      );
      yield {
        claim: 'telemetry.service.memory',
        unit: 'MB',
        better: 'less',
        islet: medianFigure(busy.traced.map(({ memoryMb }) => memoryMb)),
        peers: { 'not traced': medianFigure(busy.plain.map(({ memoryMb }) => memoryMb)) },
        method: 'PSS of the same service after the busy rounds.',
      };
    }
    if (wants('telemetry.service.recorded')) {
      progress('a service of which every request is recorded, traced and not');
      const paced = await interleave(
        rounds,
        both(traced, (port) => trickle(port, times(600, 200), signal)),
      );
      yield claim(
        'telemetry.service.recorded',
        paced,
        `${cpu}; ${PACED_PER_SECOND} requests a second, every one recorded and sent. Much of either figure is the runtime's at rest between them.`,
      );
    }
    if (wants('telemetry.service.marks')) {
      progress('a service that prints a line for each request, with and without the ids of its trace');
      const load = (port: number) => flood({ port, requests: times(20_000, 4_000), signal, path: '/print' });
      const unmarked = { ...traced, ISLET_MARK_CONSOLE: 'off' };
      const printed = await interleave(rounds, {
        marked: () => measure(traced, load),
        unmarked: () => measure(unmarked, load),
        plain: () => measure({}, load),
      });
      const figure = (of: readonly Measured[]) => medianFigure(of.map(({ cpuUs }) => cpuUs));
      yield {
        claim: 'telemetry.service.marks',
        unit: 'µs of CPU/request',
        better: 'less',
        islet: figure(printed.marked),
        peers: {
          'telemetry.logs.correlate: false': figure(printed.unmarked),
          'not traced': figure(printed.plain),
        },
        method: `${cpu} and prints a line for each request; ${CONNECTIONS} connections without a pause. Lines of requests that are not recorded are marked too.`,
      };
    }
  } finally {
    sink.closeAllConnections();
    sink.close();
    rmSync(folder, { recursive: true });
  }
}

interface Measured {
  readonly cpuUs: number;
  readonly memoryMb: number;
}

function both(traced: Readonly<Record<string, string>>, load: (port: number) => Promise<number>) {
  return { traced: () => measure(traced, load), plain: () => measure({}, load) };
}

function claim(
  name: string,
  { traced, plain }: Record<'traced' | 'plain', readonly Measured[]>,
  method: string,
): Claim {
  return {
    claim: name,
    unit: 'µs of CPU/request',
    better: 'less',
    method,
    islet: medianFigure(traced.map(({ cpuUs }) => cpuUs)),
    peers: { 'not traced': medianFigure(plain.map(({ cpuUs }) => cpuUs)) },
  };
}

/** A service of its own for each round: what one has compiled is no other's. */
async function measure(
  env: Readonly<Record<string, string>>,
  load: (port: number) => Promise<number>,
): Promise<Measured> {
  const { NODE_OPTIONS: _, ...own } = process.env;
  const child = spawn(process.execPath, [SERVICE], { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await portOf(child);
    await load(port);
    const before = Number(await get(port, '/cpu', {}));
    const requests = await load(port);
    const after = Number(await get(port, '/cpu', {}));
    return { cpuUs: (after - before) / requests, memoryMb: pssMb(child.pid ?? 0) };
  } finally {
    child.kill('SIGKILL');
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  const [chunk] = await once(child.stdout ?? child, 'data');
  child.stdout?.resume();
  return Number(String(chunk));
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** As the proxy asks: each request is of a trace. */
function traceparent(): Record<string, string> {
  const hex = (length: number) => Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  return { traceparent: `00-${hex(31)}1-${hex(15)}1-01` };
}

interface Flood {
  readonly port: number;
  readonly requests: number;
  readonly signal: AbortSignal;
  readonly path?: string;
}

async function flood({ port, requests, signal, path = '/' }: Flood): Promise<number> {
  let left = requests;
  const one = async () => {
    while (left-- > 0 && !signal.aborted) await get(port, path, traceparent());
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return requests;
}

async function trickle(port: number, requests: number, signal: AbortSignal): Promise<number> {
  for (let n = 0; n < requests && !signal.aborted; n++) {
    await get(port, '/', traceparent());
    await pause(1000 / PACED_PER_SECOND);
  }
  return requests;
}

async function get(port: number, path: string, headers: Record<string, string>): Promise<string> {
  const asking = request({ host: '127.0.0.1', port, path, headers, agent });
  asking.end();
  const [response] = await once(asking, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
