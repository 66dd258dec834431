import type { z } from 'zod';
import type { Contract } from './contract.ts';
import { type Method, ROUTES, type RouteName } from './routes.ts';

/* What a call is, without how it is sent: the command line sends it with Node, the dashboard with the browser's fetch. */

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** One function per route of the contract. */
export type Client = { readonly [N in RouteName]: Call<N> };

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

export type Fields = Readonly<Record<string, unknown>>;

export interface CallRequest {
  readonly method: Method;
  /** With its query. */
  readonly path: string;
  readonly body: string | undefined;
  readonly stream: boolean;
}

/** What the path names goes into it, the rest is the query of a GET or DELETE and the body of a POST or PUT. */
export function requestOf(name: RouteName, input: Fields): CallRequest {
  const { method, path, stream } = ROUTES[name];
  const filled = fillPath(path, input);
  const inQuery = method === 'GET' || method === 'DELETE';
  return {
    method,
    path: inQuery ? filled.path + queryOf(filled.rest) : filled.path,
    body: inQuery ? undefined : JSON.stringify(filled.rest),
    stream,
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
