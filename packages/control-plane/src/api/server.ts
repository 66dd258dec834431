import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { API_ERRORS, ApiError, type Contract, contract, openApi, type RouteName, type RouteShape } from '@islet/client';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';

/** What a handler is given: the parts of the request, already checked. */
export interface Request {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

type Answer<K extends RouteName> = z.infer<Contract[K]['response']>;
type BodyOf<K extends RouteName> = Contract[K] extends { readonly body: infer B extends z.ZodType }
  ? z.infer<B>
  : undefined;

/** One function for each route of the contract. A stream route answers with an iterable. */
export type Handlers = {
  readonly [K in RouteName]: (
    request: Omit<Request, 'body'> & { readonly body: BodyOf<K> },
  ) => Contract[K]['stream'] extends true ? AsyncIterable<Answer<K>> : Promise<Answer<K>> | Answer<K>;
};

export interface ApiServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the contract on the loopback, to whoever has the token. Port 0: any free one. */
export async function serveApi(
  handlers: Handlers,
  options: { readonly token: string; readonly port: number; readonly version: string },
): Promise<ApiServer> {
  const app = new Hono();
  app.use('*', async (context, next) => {
    if (!isAuthorised(context.req.header('authorization'), options.token)) {
      throw new ApiError('unauthorised', 'the token is missing or wrong', {
        hint: 'it is in the file `token` of the state folder',
      });
    }
    await next();
  });
  app.get('/openapi.json', (context) => context.json(openApi({ version: options.version })));
  for (const name of Object.keys(contract) as RouteName[]) register(app, name, handlers);
  app.notFound((context) =>
    answerError(context, new ApiError('not-found', `there is no ${context.req.method} ${context.req.path}`)),
  );
  app.onError((error, context) => answerError(context, ApiError.from(error)));

  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port }, ({ port }: AddressInfo) =>
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      }),
    );
    server.once('error', reject);
  });
}

/** A body larger than this is no request of ours. */
const BODY_LIMIT = 1024 * 1024;

function register(app: Hono, name: RouteName, handlers: Handlers): void {
  const route: RouteShape = contract[name];
  const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
  app.on(route.method, path, async (context) => {
    const request = {
      params: parse(route.params, context.req.param(), 'path'),
      query: parse(route.query, context.req.query(), 'query'),
      body: route.body && parse(route.body, await readBody(context), 'body'),
      signal: context.req.raw.signal,
    };
    const answer = (handlers[name] as (request: unknown) => unknown)(request);
    if (route.stream) return streamLines(answer as AsyncIterable<unknown>);
    return context.json((await answer) as object);
  });
}

async function readBody(context: Context): Promise<unknown> {
  if (Number(context.req.header('content-length') ?? 0) > BODY_LIMIT)
    throw new ApiError('bad-request', 'the body is too large');
  try {
    return await context.req.json();
  } catch {
    throw new ApiError('bad-request', 'the body is not JSON');
  }
}

function parse(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return value;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${[where, ...path].join('.')}: ${message}`);
  throw new ApiError('bad-request', problems.join('; '));
}

function streamLines(values: AsyncIterable<unknown>): Response {
  const iterator = values[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
}

function isAuthorised(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function answerError(context: Context, error: ApiError): Response {
  return context.json(error.toBody(), API_ERRORS[error.code] as 400);
}
