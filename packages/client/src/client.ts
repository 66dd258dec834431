import type { z } from 'zod';
import type { Contract } from './contract.ts';
import { exchange, type Target } from './http.ts';
import { streamLines } from './lines.ts';
import { ROUTES, type RouteName } from './routes.ts';

/**
 * The typed client of the control API: one function per route of the contract.
 *
 * Path parameters, query and body are given as one object: what the path names goes into it, the rest is the query of a
 * GET or DELETE and the body of a POST or PUT. Every failure is an `ApiError`; `unavailable` means that nothing of ours
 * answered. Answers are trusted to fit the contract: both ends are of one version, or the person has been warned.
 */
export type Client = { readonly [N in RouteName]: Call<N> };

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How long an answer may take; streams have no such limit, only their signal. */
export const ANSWER_TIMEOUT_MS = 60_000;

export function createClient(target: Target): Client {
  const calls = Object.keys(ROUTES).map((name) => [name, call(target, name as RouteName)] as const);
  return Object.fromEntries(calls) as unknown as Client;
}

type Route<N extends RouteName> = Contract[N];

type Part<N extends RouteName, K extends string> =
  Route<N> extends { [P in K]: infer S extends z.ZodType } ? z.input<S> : unknown;

export type Input<N extends RouteName> = Part<N, 'params'> & Part<N, 'query'> & Part<N, 'body'>;

export type Answer<N extends RouteName> = z.output<Route<N>['response']>;

type Result<N extends RouteName> = Route<N>['stream'] extends true ? AsyncIterable<Answer<N>> : Promise<Answer<N>>;

type Call<N extends RouteName> =
  object extends Input<N>
    ? (input?: Input<N>, options?: CallOptions) => Result<N>
    : (input: Input<N>, options?: CallOptions) => Result<N>;

type Fields = Readonly<Record<string, unknown>>;

function call(target: Target, name: RouteName) {
  const { method, path, stream } = ROUTES[name];
  return (input: Fields = {}, { signal }: CallOptions = {}) => {
    const filled = fillPath(path, input);
    const inQuery = method === 'GET' || method === 'DELETE';
    const request = {
      method,
      path: inQuery ? filled.path + queryOf(filled.rest) : filled.path,
      body: inQuery ? undefined : JSON.stringify(filled.rest),
      signal,
    };
    return stream ? streamLines(target, request) : exchange(target, { ...request, timeoutMs: ANSWER_TIMEOUT_MS });
  };
}

function fillPath(path: string, input: Fields): { path: string; rest: Fields } {
  const rest = { ...input };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  return { path: filled, rest };
}

function queryOf(fields: Fields): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)])))}`;
}
