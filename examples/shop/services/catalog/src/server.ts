import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { log } from './log.ts';
import { Problem } from './problem.ts';

export type Call = {
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON. A caller's mistake rejects with a 4xx `Problem`. */
  json(): Promise<unknown>;
};

export type Answer = { readonly status: number; readonly body?: unknown };

export type Route = {
  readonly method: string;
  readonly path: URLPattern;
  handle(call: Call): Answer | Promise<Answer>;
};

const MAX_BODY_BYTES = 64 * 1024;

export function route(method: string, pathname: string, handle: Route['handle']): Route {
  return { method, path: new URLPattern({ pathname }), handle };
}

export function createService(routes: readonly Route[]): Server {
  const server = createServer((request, response) => void respond(server, routes, request, response));
  // Longer than a proxy keeps an idle connection: the end that sends must be the end that closes,
  // or a request can meet a connection which is just being closed.
  server.keepAliveTimeout = 65_000;
  server.requestTimeout = 10_000;
  return server;
}

async function respond(server: Server, routes: readonly Route[], request: IncomingMessage, response: ServerResponse) {
  const startedAt = performance.now();
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const traceId = request.headers.traceparent?.toString().split('-')[1];
  const answer = await dispatch(routes, request, path).catch((error: unknown) => refuse(error, { path, traceId }));
  send(response, answer, { keepAlive: server.listening });
  log('info', 'request', {
    method: request.method,
    path,
    status: answer.status,
    ms: Math.round((performance.now() - startedAt) * 10) / 10,
    traceId,
  });
}

async function dispatch(routes: readonly Route[], request: IncomingMessage, pathname: string): Promise<Answer> {
  const here = routes.filter(({ path }) => path.test({ pathname }));
  if (here.length === 0) throw new Problem(404, 'not_found', `There is nothing at ${pathname}.`);
  const found = here.find(({ method }) => method === request.method);
  if (found === undefined) throw new Problem(405, 'method_not_allowed', `${request.method} is not possible here.`);
  const params = found.path.exec({ pathname })?.pathname.groups ?? {};
  return found.handle({ params, headers: request.headers, json: () => readJson(request) });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Problem(413, 'too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw Problem.badRequest('The body is not valid JSON.');
  }
}

function refuse(error: unknown, where: { readonly path: string; readonly traceId: string | undefined }): Answer {
  const problem = Problem.from(error);
  if (problem.cause !== undefined) {
    log('error', 'failed', {
      ...where,
      error: problem.cause instanceof Error ? problem.cause.stack : String(problem.cause),
    });
  }
  return { status: problem.status, body: problem.body };
}

/** While the service stops, each response also ends its connection, so that `server.close` can finish. */
function send(response: ServerResponse, { status, body }: Answer, { keepAlive }: { keepAlive: boolean }): void {
  if (!keepAlive) response.setHeader('connection', 'close');
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
