import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  API_ERRORS,
  ApiError,
  contract,
  type RouteName,
  type TelemetryRouteName,
  telemetryRoutes,
} from '@islet/client';
import type { Answer, Input } from '@islet/client/remote';
import type { z } from 'zod';

/** One function for each route that this process answers. A stream route answers with an iterable. */
export type TelemetryHandlers = {
  readonly [N in TelemetryRouteName]?: (
    input: Input<N>,
    signal: AbortSignal,
  ) => (typeof contract)[N]['stream'] extends true ? AsyncIterable<Answer<N>> : Promise<Answer<N>> | Answer<N>;
};

/** Speaks the control API's own routes, on a Unix socket that only the user that Islet runs as can open. */
export function serveTelemetryApi(handlers: TelemetryHandlers): Server {
  return createServer((request, response) => {
    answer(request, response, handlers).catch((thrown) => refuse(response, ApiError.from(thrown)));
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: TelemetryHandlers): Promise<void> {
  const url = new URL(request.url ?? '', 'http://telemetry');
  const { name, params } = matched(request.method ?? '', url.pathname);
  const handler = handlers[name] as ((input: unknown, signal: AbortSignal) => unknown) | undefined;
  if (handler === undefined) throw new ApiError('unavailable', `this telemetry process does not answer ${name}`);
  const shape = contract[name] as { readonly query?: z.ZodType; readonly body?: z.ZodType; readonly stream: boolean };
  const input = {
    ...params,
    ...(parse(shape.query, Object.fromEntries(url.searchParams)) as object | undefined),
    ...(shape.body && (parse(shape.body, await json(request)) as object)),
  };
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const value = handler(input, gone.signal);
  if (shape.stream) await stream(response, value as AsyncIterable<unknown>, gone.signal);
  else send(response, 200, await value);
}

/** What stands in braces in a path is a parameter. */
function matched(method: string, path: string): { name: TelemetryRouteName; params: Record<string, string> } {
  for (const [name, route] of EXACT_FIRST) {
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one ?? '');
    const pattern = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`);
    const found = route.method === method ? pattern.exec(path) : null;
    if (found === null) continue;
    return { name, params: Object.fromEntries(names.map((one, at) => [one, decodeURIComponent(found[at + 1] ?? '')])) };
  }
  throw new ApiError('not-found', `there is no ${method} ${path}`);
}

const EXACT_FIRST = (Object.entries(telemetryRoutes) as [TelemetryRouteName, (typeof contract)[RouteName]][]).sort(
  ([, one], [, other]) => Number(one.path.includes('{')) - Number(other.path.includes('{')),
);

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ApiError(
    'bad-request',
    result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  );
}

/** A reader that is slow is waited for. */
async function stream(response: ServerResponse, values: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  for await (const value of values) {
    if (signal.aborted) break;
    if (!response.write(`${JSON.stringify(value)}\n`))
      await new Promise((done) => response.once('drain', done).once('close', done));
  }
  response.end();
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function refuse(response: ServerResponse, error: ApiError): void {
  if (response.headersSent) response.destroy();
  else send(response, API_ERRORS[error.code], error.toBody());
}
