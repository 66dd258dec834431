import { type CallOptions, type Client, type Fields, requestOf } from './call.ts';
import { exchange, type Target } from './http.ts';
import { streamLines } from './lines.ts';
import { ROUTES, type RouteName } from './routes.ts';

export type { Answer, CallOptions, Client, Input } from './call.ts';

/** How long an answer may take; streams have no such limit, only their signal. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * The typed client of the control API: one function per route of the contract.
 *
 * Path parameters, query and body are given as one object. Every failure is an `ApiError`; `unavailable` means that
 * nothing of ours answered. Answers are trusted to fit the contract: both ends are of one version, or the person has
 * been warned.
 */
export function createClient(target: Target): Client {
  const calls = Object.keys(ROUTES).map((name) => [name, call(target, name as RouteName)] as const);
  return Object.fromEntries(calls) as unknown as Client;
}

function call(target: Target, name: RouteName) {
  return (input: Fields = {}, { signal }: CallOptions = {}) => {
    const { stream, ...parts } = requestOf(name, input);
    const request = { ...parts, signal };
    return stream ? streamLines(target, request) : exchange(target, { ...request, timeoutMs: ANSWER_TIMEOUT_MS });
  };
}
