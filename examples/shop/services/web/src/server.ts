import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { log } from './log.ts';
import { failurePage } from './pages/failure.ts';

export type Call = {
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly headers: IncomingHttpHeaders;
  /** The fields of a posted form. */
  form(): Promise<URLSearchParams>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Route = {
  readonly method: string;
  readonly path: URLPattern;
  handle(call: Call): Answer | Promise<Answer>;
};

const MAX_FORM_BYTES = 8 * 1024;

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
  const answer = await dispatch(routes, request, path).catch((error: unknown) => {
    log('error', 'failed', { path, error: error instanceof Error ? error.stack : String(error) });
    return failurePage(500);
  });
  // While the service stops, each response also ends its connection, so that `server.close` can finish.
  if (!server.listening) response.setHeader('connection', 'close');
  response
    .writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
    .end(answer.body);
  log('info', 'request', {
    method: request.method,
    path,
    status: answer.status,
    ms: Math.round((performance.now() - startedAt) * 10) / 10,
    traceId: request.headers.traceparent?.toString().split('-')[1],
  });
}

async function dispatch(routes: readonly Route[], request: IncomingMessage, pathname: string): Promise<Answer> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = routes.find((candidate) => candidate.method === method && candidate.path.test({ pathname }));
  if (found === undefined) return failurePage(404);
  const params = found.path.exec({ pathname })?.pathname.groups ?? {};
  return found.handle({ params, headers: request.headers, form: () => readForm(request) });
}

/** A form of this shop is a few bytes. What exceeds the limit is not from its pages, and is cut. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    if (text.length < MAX_FORM_BYTES) text += chunk;
  }
  return new URLSearchParams(text.slice(0, MAX_FORM_BYTES));
}
