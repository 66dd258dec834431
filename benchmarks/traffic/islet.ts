import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayRoute, RoutedService, RoutingTable } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import type { Contender, Rig } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';

const MAIN = fileURLToPath(import.meta.resolve('@islet/proxy/main'));

/** Islet's proxy as a system runs it, with every default on. `routes` are paths below the gateway. */
export function isletWith({ routes }: { readonly routes: number }): Contender {
  return {
    name: 'Islet',
    features:
      'timeouts, deadlines, retries with a budget, outlier ejection, breaker, limits, request ids, trace context, golden signals, access log',
    start: (rig) => start(rig, routes),
  };
}

async function start({ folder, backendPort, signal }: Rig, routes: number): Promise<Server> {
  const port = await freePort();
  const socket = join(folder, 'proxy.sock');
  const argv = [process.execPath, MAIN, '--state', folder, '--socket', socket, '--table', join(folder, 'table')];
  const table = tableOf({ port, backendPort, routes });
  // The proxy listens nowhere until it has a table, so it is up when it has taken one.
  let isPublished = false;
  return await startServer({
    ...{ argv, cwd: folder, cores: PROXY_CORE, port, signal },
    onLook: async () => {
      if (!isPublished) isPublished = await publish(socket, table);
    },
  });
}

function tableOf({ port, backendPort, routes }: { port: number; backendPort: number; routes: number }): RoutingTable {
  const endpoints = [{ instance: 'bench-a.0-1', revision: 'a', host: '127.0.0.1', port: backendPort }];
  const service: RoutedService = {
    protocol: 'http',
    traffic: DEFAULT_TRAFFIC,
    endpoints,
    split: undefined,
    unavailable: undefined,
  };
  const others = Array.from({ length: routes - 1 }, (_, index): GatewayRoute => routeTo(`/other/${index}`));
  return {
    version: 1,
    routes: 'bench',
    listeners: [{ kind: 'gateway', host: '127.0.0.1', port, routes: [routeTo('/api'), ...others] }],
    services: { bench: service },
  };
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
