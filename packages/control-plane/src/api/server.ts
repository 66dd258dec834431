import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import {
  API_ERRORS,
  ApiError,
  type ApiErrorCode,
  type Contract,
  contract,
  openApi,
  type RouteName,
  type RouteShape,
} from '@islet/client';
import { DriverError, type DriverFailure } from '@islet/driver';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import type { Admitted } from '../dashboard/doorkeeper.ts';
import { type DashboardParts, isForSessions, serveDashboard, sessionOf } from '../dashboard/serve.ts';

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

export interface ApiOptions {
  readonly token: string;
  /** 0: any free one. */
  readonly port: number;
  readonly version: string;
  readonly dashboard?: DashboardParts;
}

/**
 * Serves the contract on the loopback, to whoever has the token or, of the dashboard, a session. With the token the `Host`
 * header is not looked at: a page that reaches this port by a name of its own (DNS rebinding) has no token, and can't read
 * the file that holds it. A browser's session is more carefully looked at (`dashboard/serve.ts`).
 */
export async function serveApi(handlers: Handlers, options: ApiOptions): Promise<ApiServer> {
  const app = new Hono<Visitors>();
  const { dashboard } = options;
  const admit: MiddlewareHandler<Visitors> = async (context, next) => {
    if (!isAuthorised(context.req.header('authorization'), options.token)) {
      const session = dashboard && sessionOf(context, dashboard);
      if (session === undefined) {
        throw new ApiError('unauthorised', 'the token is missing or wrong', {
          hint: 'it is in the file `token` of the state folder; `islet dashboard` lets a browser in',
        });
      }
      context.set('session', session);
    }
    await next();
    context.header('cache-control', 'no-store');
  };
  app.use('/v1/*', admit);
  app.use('/openapi.json', admit);
  const tooLarge = () => {
    throw new ApiError('bad-request', `the body is larger than ${BODY_LIMIT} bytes`);
  };
  app.use('*', bodyLimit({ maxSize: BODY_LIMIT, onError: tooLarge }));
  app.get('/openapi.json', (context) => context.json(openApi({ version: options.version })));
  for (const name of Object.keys(contract) as RouteName[]) register(app, name, handlers);
  app.all('/v1/*', (context) => answerError(context, noSuchRoute(context)));
  if (dashboard !== undefined) serveDashboard(app, dashboard);
  app.notFound((context) => answerError(context, noSuchRoute(context)));
  app.onError((error, context) => answerError(context, apiErrorOf(error)));

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
    // Later ones, such as a lack of file descriptors at a client's connection, are no reason to die.
    server.on('error', reject);
  });
}

/** A body larger than this is no request of ours. */
const BODY_LIMIT = 1024 * 1024;

interface Visitors {
  readonly Variables: { session?: Admitted };
}

function noSuchRoute({ req }: Context): ApiError {
  return new ApiError('not-found', `there is no ${req.method} ${req.path}`);
}

function register(app: Hono<Visitors>, name: RouteName, handlers: Handlers): void {
  const route: RouteShape = contract[name];
  const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
  app.on(route.method, path, async (context) => {
    const session = context.get('session');
    if (session !== undefined && !isForSessions(name)) {
      throw new ApiError('unauthorised', `${context.req.method} ${path} is not for browsers: it gives secrets away`, {
        hint: 'ask for it on the command line',
      });
    }
    const over = new AbortController();
    const request = {
      params: parse(route.params, context.req.param(), 'path'),
      query: parse(route.query, context.req.query(), 'query'),
      body: route.body && parse(route.body, await readBody(context), 'body'),
      signal: AbortSignal.any([context.req.raw.signal, over.signal, ...(session ? [session.ended] : [])]),
    };
    const answer = (handlers[name] as (request: unknown) => unknown)(request);
    if (route.stream) return streamLines(answer as AsyncIterable<unknown>, { over, ended: session?.ended });
    return context.json((await answer) as object);
  });
}

async function readBody(context: Context): Promise<unknown> {
  const text = await context.req.text();
  try {
    return JSON.parse(text);
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

/**
 * `over` tells whoever makes the values that nobody reads them any more. With the session that asked for it a stream ends at
 * once, whatever the maker of its values is waiting for.
 */
function streamLines(
  values: AsyncIterable<unknown>,
  { over, ended }: { readonly over: AbortController; readonly ended: AbortSignal | undefined },
): Response {
  const iterator = values[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start: (controller) => {
      const end = () => {
        controller.close();
        over.abort();
      };
      if (ended?.aborted) end();
      else ended?.addEventListener('abort', end, { signal: over.signal });
    },
    pull: async (controller) => {
      const { value, done } = await iterator.next().catch((error: unknown) => {
        over.abort();
        throw error;
      });
      if (over.signal.aborted) return;
      if (!done) return controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      controller.close();
      over.abort();
    },
    cancel: () => over.abort(),
  });
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
}

function isAuthorised(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function apiErrorOf(thrown: unknown): ApiError {
  if (!(thrown instanceof DriverError)) return ApiError.from(thrown);
  const message = thrown.message.slice(thrown.code.length + 2);
  return new ApiError(API_CODE[thrown.code], message, { hint: thrown.hint, cause: thrown });
}

const API_CODE = {
  'not-found': 'not-found',
  conflict: 'conflict',
  refused: 'conflict',
  unsupported: 'conflict',
  damaged: 'conflict',
  unavailable: 'unavailable',
  'no-space': 'unavailable',
  timeout: 'unavailable',
  internal: 'internal',
} as const satisfies Record<DriverFailure, ApiErrorCode>;

function answerError(context: Context, error: ApiError): Response {
  return context.json(error.toBody(), API_ERRORS[error.code] as 400);
}
