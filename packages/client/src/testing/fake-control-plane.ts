import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { contract, type RouteShape } from '../contract.ts';
import { API_ERRORS, ApiError } from '../errors.ts';
import { ROUTES, type RouteName } from '../routes.ts';
import type { SystemStatus } from '../status.ts';

/**
 * A control plane that holds to the contract and does nothing: what goes in and out is checked by its schemas, and
 * what it answers is the test's to say.
 */
export interface FakeControlPlane extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** Every call that was let in, with its input. */
  readonly calls: { readonly name: RouteName; readonly input: Record<string, unknown> }[];
  /** Shows a status to all that watch, and to all that ask from now on. */
  show(status: SystemStatus): void;
  /** Ends every connection at once, as a kill would. */
  kill(): Promise<void>;
}

export type Answers = Partial<Record<RouteName, (input: Record<string, unknown>) => unknown>>;

export interface FakeOptions {
  readonly status: SystemStatus;
  readonly answers?: Answers;
  /** Where to write `control.json` and `token`. */
  readonly stateFolder?: string;
  readonly token?: string;
  readonly pid?: number;
}

export async function startFake(options: FakeOptions): Promise<FakeControlPlane> {
  const { answers = {}, token = 'secret-token', stateFolder } = options;
  const calls: FakeControlPlane['calls'] = [];
  const watchers = new Set<ServerResponse>();
  let status = options.status;

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => sendError(response, ApiError.from(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (stateFolder)
    writeControlFiles(stateFolder, { url, token, pid: options.pid ?? process.pid, version: status.version });

  async function kill(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    url,
    token,
    calls,
    show(next) {
      status = next;
      for (const watcher of watchers) watcher.write(`${JSON.stringify(next)}\n`);
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${token}`) throw new ApiError('unauthorised', 'the token is wrong');
    const found = match(request);
    if (!found) throw new ApiError('not-found', `no route ${request.method} ${request.url}`);
    const shape: RouteShape = contract[found.name];
    const query = Object.fromEntries(new URL(request.url ?? '', url).searchParams);
    const body = shape.body ? shape.body.parse(await json(request)) : {};
    const input = { ...found.params, ...(shape.query?.parse(query) as object), ...(body as object) };
    calls.push({ name: found.name, input });
    if (found.name === 'watch' && !answers.watch) return watch(response);
    const answered = found.name === 'status' && !answers.status ? status : await answers[found.name]?.(input);
    if (shape.stream) return streamOut(response, shape, answered as Iterable<unknown>);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(shape.response.parse(answered)));
  }

  function watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify(contract.watch.response.parse(status))}\n`);
    watchers.add(response);
    response.on('close', () => watchers.delete(response));
  }
}

export function writeControlFiles(
  stateFolder: string,
  { token, ...control }: { url: string; token: string; pid: number; version: string },
): void {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(join(stateFolder, 'token'), `${token}\n`, { mode: 0o600 });
  writeFileSync(join(stateFolder, 'control.json'), JSON.stringify(control));
}

async function streamOut(response: ServerResponse, shape: RouteShape, values: Iterable<unknown> = []): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
  for await (const value of values) response.write(`${JSON.stringify(shape.response.parse(value))}\n`);
  response.end();
}

function sendError(response: ServerResponse, error: ApiError): void {
  response.writeHead(API_ERRORS[error.code], { 'content-type': 'application/json' });
  response.end(JSON.stringify(error.toBody()));
}

function match(request: IncomingMessage): { name: RouteName; params: Record<string, string> } | undefined {
  const [path = ''] = (request.url ?? '').split('?');
  for (const [name, route] of Object.entries(ROUTES)) {
    const pattern = new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const found = pattern.exec(path);
    if (!found || route.method !== request.method) continue;
    const params = Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]);
    return { name: name as RouteName, params: Object.fromEntries(params) };
  }
  return undefined;
}
