import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { CachePurge } from '@islet/policy';
import type { InFlightFile } from '../in-flight-file.ts';
import { LIMITS } from '../limits.ts';
import type { AccessLog } from '../record/access-log.ts';
import type { ExplainTokens } from '../record/explain-tokens.ts';
import { findRecords } from '../record/find-record.ts';
import type { Fleet } from '../threads/fleet.ts';
import type { TableAcceptor } from './accept-table.ts';
import { streamEvents } from './events.ts';
import type { ControlErrorCode, ControlRefusal, ProxyState } from './messages.ts';
import { metricsText } from './metrics.ts';

export interface ControlOptions {
  readonly fleet: Fleet;
  readonly acceptor: TableAcceptor;
  readonly inFlightFile: InFlightFile;
  readonly accessLog: AccessLog;
  readonly tokens: ExplainTokens;
}

/** The control API on its Unix socket, which only the user that Islet runs as can open. */
export async function serveControl(socketPath: string, options: ControlOptions): Promise<Server> {
  const startedAt = Date.now();
  const server = createServer((request, response) => {
    answer(request, response, { ...options, startedAt }).catch((thrown) =>
      refuse(response, 'internal', String(thrown)),
    );
  });
  // The lock says that no other proxy runs here, so whatever socket is there was left by a dead one.
  await rm(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlOptions & { readonly startedAt: number },
): Promise<void> {
  const { fleet, acceptor, inFlightFile, accessLog, startedAt } = options;
  switch (`${request.method} ${request.url}`) {
    case 'PUT /table':
      await putTable(request, response, acceptor);
      return;
    case 'GET /state': {
      const { inFlight, longLived } = await fleet.state();
      const { table, workers } = fleet;
      const problems = [...acceptor.problems, ...(accessLog.problem === undefined ? [] : [accessLog.problem])];
      const { lastDeath } = inFlightFile;
      const state: ProxyState = {
        pid: process.pid,
        startedAt,
        table,
        workers,
        problems,
        inFlight,
        longLived,
        lastDeath,
      };
      send(response, 200, state);
      return;
    }
    case 'GET /stats':
      send(response, 200, await fleet.readStats());
      return;
    case 'GET /metrics':
      sendText(response, metricsText(await fleet.readStats()));
      return;
    case 'GET /events':
      streamEvents(response, fleet);
      return;
    default:
      await answerExplain(request, response, options);
  }
}

/** Paths with a part of their own. */
async function answerExplain(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { fleet, accessLog, tokens }: ControlOptions,
): Promise<void> {
  const { pathname, searchParams } = new URL(url, 'http://proxy');
  const id = decoded(/^\/requests\/([^/]+)$/.exec(pathname)?.[1]);
  if (method === 'GET' && id !== undefined) {
    await fleet.flush();
    await accessLog.flush();
    send(response, 200, await findRecords(accessLog.path, id));
  } else if (method === 'POST' && pathname === '/explain-tokens') {
    const forMs = Number(searchParams.get('forMs') ?? 'NaN');
    if (!(forMs > 0 && forMs <= LIMITS.explainTokenMs)) {
      refuse(response, 'bad-request', `a token holds for up to ${LIMITS.explainTokenMs} ms`);
    } else send(response, 200, { token: tokens.issue({ forMs, wall: Date.now() }) });
  } else if (method === 'POST' && pathname === '/purge') {
    const purge = purgeOf(searchParams);
    const purged = purge && (await fleet.purge(purge));
    if (purged === undefined) refuse(response, 'not-found', 'name a service of the table: /purge?service=<name>');
    else send(response, 200, { purged });
  } else refuse(response, 'not-found', ENDPOINTS);
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part && decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const ENDPOINTS =
  'there are PUT /table, GET /state, GET /stats, GET /metrics, GET /events, GET /requests/<id>, POST /explain-tokens?forMs=<n> and ' +
  'POST /purge?service=<name>&path=<path>&group=<group>';

function purgeOf(search: URLSearchParams): CachePurge | undefined {
  const service = search.get('service');
  if (service === null) return undefined;
  return { service, path: search.get('path') ?? undefined, group: search.get('group') ?? undefined };
}

async function putTable(request: IncomingMessage, response: ServerResponse, acceptor: TableAcceptor): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    refuse(response, 'too-large', `a table may have ${LIMITS.controlBodyBytes} bytes`);
    return;
  }
  const acceptance = await acceptor.accept(body);
  if (acceptance.kind === 'accepted') send(response, 200, acceptance.acknowledgement);
  else refuse(response, acceptance.code, acceptance.message);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LIMITS.controlBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(response: ServerResponse, code: ControlErrorCode, message: string): void {
  const refusal: ControlRefusal = { error: { code, message } };
  if (response.headersSent) response.destroy();
  else send(response, STATUS[code], refusal);
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(text);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const STATUS: Readonly<Record<ControlErrorCode, number>> = {
  'bad-request': 400,
  'invalid-table': 422,
  'older-table': 409,
  'too-large': 413,
  'not-found': 404,
  internal: 500,
};
