import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Endpoint, Fault, Hold, Listener, RoutingTable, Split, WrittenLines } from '@islet/policy';
import type { ServiceTraffic, TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { freePort } from '../../../scripts/test/free-port.ts';
import { DataPlane, type PlaneOptions } from '../src/plane.ts';

/** An instance in this process, on a port of its own. */
export interface Instance {
  readonly port: number;
  /** Connections that were made to it. */
  readonly sockets: ReadonlySet<Socket>;
  /** Dies as a killed process does: nobody listens, all connections are reset. */
  kill(): void;
}

export async function httpInstance(t: TestContext, handler: RequestListener): Promise<Instance> {
  return serve(t, createHttpServer(handler));
}

/** An instance that does with its connections what a test says. */
export async function rawInstance(t: TestContext, onSocket: (socket: Socket) => void): Promise<Instance> {
  return serve(t, createServer({ allowHalfOpen: true }, onSocket));
}

/** An instance that sends these bytes for each request head that it gets. */
export async function cannedInstance(t: TestContext, response: string): Promise<Instance> {
  return rawInstance(t, (socket) => {
    socket.on('data', (bytes) => {
      if (bytes.includes('\r\n\r\n')) socket.end(Buffer.from(response, 'latin1'));
    });
  });
}

export async function serve(t: TestContext, server: Server): Promise<Instance> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  // When it is dead, nobody else may be met there.
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const kill = () => {
    server.close();
    // Of one that is being ended or is closed, the runtime would wait for that end for ever.
    for (const socket of sockets) {
      if (socket.destroyed || socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  };
  t.after(kill);
  return { port, sockets, kill };
}

export function endpointAt(port: number, instance = `orders-a.0-${port}`): Endpoint {
  return { instance, revision: 'a', host: '127.0.0.1', port };
}

export interface TableParts {
  readonly version?: number;
  readonly endpoints: readonly Endpoint[];
  readonly listeners: readonly Listener[];
  readonly protocol?: 'http' | 'grpc' | 'tcp';
  readonly unavailable?: string;
  readonly traffic?: TrafficSpec | ServiceTraffic;
  readonly lines?: WrittenLines;
  readonly split?: Split | undefined;
  readonly hold?: Hold | undefined;
  readonly warm?: readonly Endpoint[];
  readonly fault?: Fault | undefined;
}

/** A table with one service, `orders`. */
export function tableOf({
  version = 1,
  endpoints,
  listeners,
  protocol = 'http',
  unavailable,
  traffic = DEFAULT_TRAFFIC,
  lines,
  split,
  hold,
  warm,
  fault,
}: TableParts): RoutingTable {
  const whole = { overrides: [], ...traffic };
  return {
    version,
    routes: 'r',
    listeners,
    services: { orders: { protocol, traffic: whole, lines, endpoints, split, unavailable, hold, warm, fault } },
  };
}

export interface World {
  readonly plane: DataPlane;
  readonly gateway: number;
  readonly edge: number;
  readonly listeners: readonly Listener[];
  /** Publishes these endpoints of `orders`. */
  publish(...endpoints: readonly Endpoint[]): Promise<void>;
  /** Publishes a table that differs in this. */
  change(changes: Partial<TableParts>): Promise<void>;
}

/** A data plane with a gateway (`/` and, stripped, `/orders`) and an edge from `web`, both to the service `orders`. */
export async function world(
  t: TestContext,
  instances: readonly Instance[],
  protocol: 'http' | 'grpc' | 'tcp' = 'http',
  { traffic = DEFAULT_TRAFFIC, lines, ...options }: PlaneOptions & Pick<TableParts, 'traffic' | 'lines'> = {},
) {
  const plane = new DataPlane(options);
  t.after(() => plane.close({ byMs: 0 }));
  const [gateway, edge] = [await freePort(), await freePort()];
  const listeners: readonly Listener[] = [
    {
      kind: 'gateway',
      host: '127.0.0.1',
      port: gateway,
      routes: [
        { host: undefined, path: '/orders', strip: true, service: 'orders' },
        { host: 'known.example', path: '/', strip: false, service: 'orders' },
      ],
    },
    { kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1', port: edge },
  ];
  let parts: TableParts = { version: 0, endpoints: [], listeners, protocol, traffic, ...(lines && { lines }) };
  const change = (changes: Partial<TableParts>) => {
    parts = { ...parts, ...changes, version: (parts.version ?? 0) + 1 };
    return plane.apply(tableOf(parts));
  };
  const publish = (...endpoints: readonly Endpoint[]) => change({ endpoints });
  await publish(...instances.map(({ port }) => endpointAt(port)));
  if (plane.problems.length > 0) throw new Error(plane.problems.join('; '));
  return { plane, gateway, edge, listeners, publish, change } satisfies World;
}

/** Sends bytes as they are to a port or a Unix socket, and gives back all that comes until the proxy ends the connection. */
export function send(port: number | string, bytes: string | Buffer, { half = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const where = typeof port === 'string' ? { path: port } : { port, host: '127.0.0.1' };
    const socket = connect({ ...where, allowHalfOpen: true });
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
    });
    socket.on('end', () => {
      socket.end();
      resolve(received);
    });
    socket.on('error', reject);
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    if (half) socket.end();
  });
}

/** No measure of speed, which a machine with other work may have none of: what has not come by then will not come. */
const DEADLINE_MS = 60_000;

/** Waits until a condition holds; it is a mistake if it never does. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('the awaited condition never held');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
