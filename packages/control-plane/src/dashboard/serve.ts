import { ApiError, DASHBOARD_HEADER, type RouteName } from '@islet/client';
import type { Context, Env, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { type Admitted, type Doorkeeper, SESSION_MS } from './doorkeeper.ts';
import { isLoopbackHost, isSameOrigin } from './origin.ts';
import type { Pages } from './pages.ts';

export interface DashboardParts {
  readonly doorkeeper: Doorkeeper;
  readonly pages: Pages;
  /** Tells one system's cookie from another's on the same host. */
  readonly system: string;
}

/**
 * What gives secrets away, or lets others in, is asked with the token alone: a browser that somebody left open should not
 * be worth that much.
 */
const TOKEN_ONLY: ReadonlySet<RouteName> = new Set([
  'dashboardLogin',
  'environment',
  'database',
  'query',
  'branches',
  'makeBranch',
  'exportRecoveryKey',
  'explainToken',
  'operator',
]);

export function isForSessions(route: RouteName): boolean {
  return !TOKEN_ONLY.has(route);
}

/** Whose session a request shows; undefined: none. */
export function sessionOf(context: Context, { doorkeeper, system }: DashboardParts): Admitted | undefined {
  if (!cameFromUs(context)) return undefined;
  return doorkeeper.find({ cookie: getCookie(context, cookieName(system)), key: context.req.header(DASHBOARD_HEADER) });
}

/** Login, logout and the pages: what is served to who has no session yet. */
export function serveDashboard<E extends Env>(app: Hono<E>, parts: DashboardParts): void {
  const { doorkeeper, pages, system } = parts;
  app.post('/session', async (context) => {
    if (!cameFromUs(context)) throw new ApiError('unauthorised', 'a login comes from the dashboard itself');
    const { code } = (await context.req.json().catch(() => ({}))) as { code?: unknown };
    const agent = context.req.header('user-agent') ?? '';
    const entered = typeof code === 'string' ? doorkeeper.enter(code, agent) : undefined;
    if (entered === undefined) {
      throw new ApiError('unauthorised', 'this link was used, or is older than five minutes', {
        hint: '`islet dashboard` makes another',
      });
    }
    setCookie(context, cookieName(system), entered.cookie, { ...COOKIE, maxAge: SESSION_MS / 1000 });
    return context.json({ key: entered.key, expiresAt: entered.expiresAt });
  });
  app.delete('/session', (context) => {
    const session = sessionOf(context, parts);
    if (session !== undefined) doorkeeper.end(session.id);
    setCookie(context, cookieName(system), '', { ...COOKIE, maxAge: 0 });
    return context.json({ ended: session === undefined ? 0 : 1 });
  });
  app.get('*', async (context) => {
    if (!isLoopbackHost(context.req.header('host'))) {
      throw new ApiError('unauthorised', 'the dashboard answers to this machine’s own name alone', {
        hint: 'open it at 127.0.0.1 or localhost; from elsewhere, through `ssh -L`',
      });
    }
    const { status, headers, bytes } = await pages.get(context.req.path);
    if (headers.etag !== undefined && context.req.header('if-none-match') === headers.etag) {
      return new Response(null, { status: 304, headers: { ...headers } });
    }
    return new Response(bytes, { status, headers: { ...headers } });
  });
}

const COOKIE = { httpOnly: true, sameSite: 'Strict', path: '/' } as const;

function cookieName(system: string): string {
  return `islet_${system}`;
}

function cameFromUs(context: Context): boolean {
  const header = (name: string) => context.req.header(name);
  return isSameOrigin({ host: header('host'), origin: header('origin'), fetchSite: header('sec-fetch-site') });
}
