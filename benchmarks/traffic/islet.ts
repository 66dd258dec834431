import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayRoute, RoutedService, RoutingTable } from '@islet/policy';
import { RUNTIME_FLAGS } from '@islet/proxy';
import type { TrafficOverride } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { PATHS } from './backend.ts';
import type { Contender, Rig, Spoken } from './contender.ts';
import { ALL_CORES, freePort, PROXY_CORE, type Server, startServer } from './server.ts';

const MAIN = fileURLToPath(import.meta.resolve('@islet/proxy/main'));

export interface Size {
  /** Paths at the gateway. */
  readonly routes: number;
  /** Routes of the service that have a timeout of their own: the one that is asked for, and others. */
  readonly overrides?: number;
  /** Threads; more than one have all cores, and not the proxy's own. */
  readonly workers?: number;
}

/** Islet's proxy as a system runs it, with every default on. */
export function isletWith(size: Size): Contender {
  return {
    name: 'Islet',
    features:
      'timeouts, deadlines, retries with a budget, outlier ejection, breaker, limits, request ids, trace context, golden signals, access log',
    speaks: ['plain', 'tls', 'grpc'],
    compiles: true,
    start: (rig, spoken) => start(rig, spoken, size),
  };
}

async function start(rig: Rig, spoken: Spoken, size: Size): Promise<Server> {
  const { folder, signal } = rig;
  const port = await freePort();
  const socket = join(folder, 'proxy.sock');
  const argv = [
    process.execPath,
    ...RUNTIME_FLAGS,
    MAIN,
    '--state',
    folder,
    '--socket',
    socket,
    '--table',
    join(folder, 'table'),
  ];
  const table = tableOf(rig, { port, spoken, ...size });
  // The proxy listens nowhere until it has a table, so it is up when it has taken one.
  let isPublished = false;
  return await startServer({
    argv,
    cwd: folder,
    cores: (size.workers ?? 1) > 1 ? ALL_CORES : PROXY_CORE,
    port,
    signal,
    onLook: async () => {
      if (!isPublished) isPublished = await publish(socket, table);
    },
  });
}

function tableOf(
  { backendPort, grpcPort, certificate }: Rig,
  { port, spoken, routes, overrides = 0, workers = 1 }: Place & Size,
): RoutingTable {
  const isGrpc = spoken === 'grpc';
  const endpoints = [
    { instance: 'bench-a.0-1', revision: 'a', host: '127.0.0.1', port: isGrpc ? grpcPort : backendPort },
  ];
  const service: RoutedService = {
    protocol: isGrpc ? 'grpc' : 'http',
    traffic: { ...DEFAULT_TRAFFIC, overrides: Array.from({ length: overrides }, (_, index) => overrideOf(index)) },
    endpoints,
    split: undefined,
    unavailable: undefined,
  };
  const others = Array.from({ length: routes - 1 }, (_, index): GatewayRoute => routeTo(`/other/${index}`));
  const { cert, key } = certificate;
  const secure = spoken === 'tls' ? { certificates: [{ cert, key }], port, redirect: false } : undefined;
  return {
    version: 1,
    workers,
    routes: 'bench',
    listeners: [{ kind: 'gateway', host: '127.0.0.1', port, routes: [routeTo('/api'), ...others], secure }],
    services: { bench: service },
  };
}

interface Place {
  readonly port: number;
  readonly spoken: Spoken;
}

function overrideOf(index: number): TrafficOverride {
  const path = index === 0 ? PATHS.small : `/api/resources-${index}/{id}/lines/{line}`;
  const policy = { timeout: { ...DEFAULT_TRAFFIC.timeout, requestMs: 10_000 } };
  return { at: ['routes', index], caller: undefined, route: { method: 'GET', path }, changes: ['timeout'], policy };
}

function routeTo(path: string): GatewayRoute {
  return { host: undefined, path, strip: false, service: 'bench' };
}

/** Whether the proxy was there to take it. */
function publish(socketPath: string, table: RoutingTable): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/table', method: 'PUT' }, (response) => {
      const { statusCode } = response.resume();
      if (statusCode === 200) resolve(true);
      else reject(new Error(`the proxy answered the table with ${statusCode}`));
    });
    call.once('error', () => resolve(false));
    call.end(JSON.stringify(table));
  });
}
