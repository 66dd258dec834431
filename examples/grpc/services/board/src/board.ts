import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Asking, Gauges } from './gauges.ts';
import { log } from './log.ts';
import { Problem } from './problem.ts';

const LEVEL = new URLPattern({ pathname: '/api/tides/:harbour' });
const WATCH = new URLPattern({ pathname: '/api/tides/:harbour/watch' });
const HEALTH = new Set(['/readyz', '/livez']);

/** Headers that one hop hands on to the next, so that a request is one trace and one log. */
const HANDED_ON = ['traceparent', 'tracestate', 'x-request-id', 'x-islet-deadline-ms'] as const;

/**
 * `GET /api/tides/<harbour>` answers with the level now. `GET /api/tides/<harbour>/watch` sends server-sent events, one for
 * each message of a gRPC stream: with `count` so many, without it until the visitor leaves.
 */
export function createBoard(gauges: Gauges): Server {
  const server = createServer((request, response) => {
    void answer(gauges, request, response).catch((thrown: unknown) => refuse(thrown, response));
  });
  // Longer than a proxy keeps an idle connection: the end that sends must be the end that closes.
  server.keepAliveTimeout = 65_000;
  return server;
}

async function answer(gauges: Gauges, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://board');
  const { pathname } = url;
  if (HEALTH.has(pathname)) return reply(response, 200, { status: 'well' });
  if (request.method !== 'GET') throw new Problem(405, 'method_not_allowed', `${request.method} is not possible here.`);
  const left = new AbortController();
  response.once('close', () => left.abort());
  const asking = { signal: left.signal, headers: handedOn(request) };
  const watched = WATCH.exec({ pathname })?.pathname.groups.harbour;
  if (watched !== undefined) return watch(gauges, watched, { every: paceIn(url.searchParams), asking }, response);
  const asked = LEVEL.exec({ pathname })?.pathname.groups.harbour;
  if (asked === undefined) throw new Problem(404, 'not_found', `There is nothing at ${pathname}.`);
  reply(response, 200, await gauges.level(asked, asking));
}

type Pace = { readonly ms: number; readonly count: number };

async function watch(
  gauges: Gauges,
  harbour: string,
  { every, asking }: { every: Pace; asking: Asking },
  response: ServerResponse,
): Promise<void> {
  for await (const reading of gauges.watch(harbour, every, asking)) {
    // Not before the first: until then, what goes wrong can still be said by a status.
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`data: ${JSON.stringify(reading)}\n\n`);
  }
  response.end();
}

function paceIn(query: URLSearchParams): Pace {
  const [ms, count] = [query.get('everyMs') ?? '1000', query.get('count') ?? '0'];
  if (!/^\d{1,6}$/.test(ms) || !/^\d{1,6}$/.test(count) || Number(ms) < 10) {
    throw new Problem(400, 'bad_request', 'everyMs is at least 10, and count a whole number.');
  }
  return { ms: Number(ms), count: Number(count) };
}

function handedOn({ headers }: IncomingMessage): Record<string, string> {
  const found = HANDED_ON.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    found.filter((entry): entry is [(typeof HANDED_ON)[number], string] => typeof entry[1] === 'string'),
  );
}

/** A stream that has begun has no status any more: breaking it off is all that can tell. */
function refuse(thrown: unknown, response: ServerResponse): void {
  if (response.destroyed) return;
  const problem = Problem.from(thrown);
  if (problem.cause !== undefined) log('error', 'failed', { error: String(problem.cause) });
  if (response.headersSent) response.destroy();
  else reply(response, problem.status, problem.body);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}
