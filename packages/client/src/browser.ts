import { type Answer, type CallOptions, type Fields, type Input, requestOf } from './call.ts';
import { API_ERRORS, ApiError, type ApiErrorBody } from './errors.ts';
import type { RouteName } from './routes.ts';

/*
 * The control API from a page that the control plane itself serves. A session is two halves that no other page has both
 * of: the browser's cookie, and the key that is kept in this origin's storage and goes in a header.
 */

export type * from './backups.ts';
export type { Answer, Input } from './call.ts';
export type * from './contract.ts';
export type * from './dashboard.ts';
export { DASHBOARD_HEADER } from './dashboard-header.ts';
export type * from './description.ts';
export { ApiError, type ApiErrorCode } from './errors.ts';
export type * from './explanation.ts';
export type * from './explore.ts';
export type * from './rollout.ts';
export type { RouteName } from './routes.ts';
export type * from './scaling.ts';
export type * from './status.ts';
export type * from './telemetry/alerting.ts';
export type * from './telemetry/records.ts';
export type { LiveUpdate } from './telemetry-contract.ts';

export interface BrowserClient {
  ask<N extends RouteName>(name: N, input: Input<N>, options?: CallOptions): Promise<Answer<N>>;
  /** The values of a stream route, until it ends or the signal says so. */
  listen<N extends RouteName>(name: N, input: Input<N>, options: ListenOptions<N>): Promise<void>;
}

export interface ListenOptions<N extends RouteName> {
  readonly signal: AbortSignal;
  /**
   * Only the newest value counts, at most so often: a system of a hundred services that all change at once is read as
   * fast as it comes, and parsed as often as a person can see.
   */
  readonly latestEveryMs?: number;
  readonly onValue: (value: Answer<N>) => void;
}

type Send = (path: string, init: RequestInit) => Promise<Response>;

/** `headers` are asked for at each call: the key changes with a login. `send` is `fetch`, or a test's. */
export function createBrowserClient(
  headers: () => Readonly<Record<string, string>>,
  send: Send = fetch,
): BrowserClient {
  async function open(name: RouteName, input: unknown, signal: AbortSignal | undefined): Promise<Response> {
    const { method, path, body } = requestOf(name, input as Fields);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const init: RequestInit = { method, headers: { accept: 'application/json', ...headers(), ...type } };
    if (body !== undefined) init.body = body;
    if (signal !== undefined) init.signal = signal;
    const response = await send(path, init).catch((cause: unknown) => {
      if (signal?.aborted) throw cause;
      throw new ApiError('unavailable', 'the control plane does not answer', {
        hint: 'it is started again by itself; services go on serving without it',
        cause,
      });
    });
    if (response.ok) return response;
    throw errorIn(response.status, await response.text());
  }

  return {
    ask: async <N extends RouteName>(name: N, input: Input<N>, { signal }: CallOptions = {}) => {
      const response = await open(name, input, signal);
      return (await response.json()) as Answer<N>;
    },
    listen: async (name, input, { signal, latestEveryMs, onValue }) => {
      const response = await open(name, input, signal);
      const lines = splitLines();
      const tell = (line: string) => onValue(JSON.parse(line));
      const pace = latestEveryMs === undefined ? undefined : createPace(latestEveryMs, tell);
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      try {
        for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
          const whole = lines(part.value);
          const newest = whole.at(-1);
          if (pace === undefined) whole.forEach(tell);
          else if (newest !== undefined) pace.offer(newest);
        }
      } finally {
        pace?.close();
      }
    },
  };
}

/** Whole lines of text that comes in pieces. */
export function splitLines(): (text: string) => readonly string[] {
  let rest = '';
  return (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    return parts.filter((part) => part !== '');
  };
}

/** Hands on the newest of what it is offered, the first at once, and never more often than that. */
function createPace(everyMs: number, tell: (text: string) => void) {
  let newest: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    if (newest === undefined) return;
    const text = newest;
    newest = undefined;
    timer = setTimeout(flush, everyMs);
    tell(text);
  };
  return {
    offer: (text: string) => {
      newest = text;
      if (timer === undefined) flush();
    },
    close: () => {
      clearTimeout(timer);
      if (newest !== undefined) tell(newest);
    },
  };
}

function errorIn(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as ApiErrorBody;
    if (Object.hasOwn(API_ERRORS, error.code)) return new ApiError(error.code, error.message, error);
  } catch {
    // Not ours: told below.
  }
  return new ApiError('unavailable', `what answers is not Islet's control plane (HTTP ${status})`);
}
