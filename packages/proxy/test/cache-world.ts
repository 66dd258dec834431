import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { CacheSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { httpInstance, send, world } from './world.ts';

export const CACHE: CacheSpec = {
  memoryBytes: 1024 ** 2,
  maxBodyBytes: 64 * 1024,
  freshForMs: 0,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  acrossRevisions: false,
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A service with a cache in front of it. Its clock stands still, and its responses say no `Date`. */
export async function cached(t: TestContext, handler: Handler, spec: Partial<CacheSpec> = {}) {
  const seen: string[] = [];
  const instance = await httpInstance(t, (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.sendDate = false;
    handler(request, response);
  });
  let now = 1_000_000;
  const traffic = { ...DEFAULT_TRAFFIC, cache: { ...CACHE, ...spec } };
  const made = await world(t, [instance], 'http', { now: () => now, traffic });
  const pass = (ms: number) => {
    now += ms;
  };
  const ask = (target = '/', fields = '', method = 'GET') =>
    send(made.edge, `${method} ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n`);
  const decided = (rule: 'traffic.cache' | 'traffic.cache.staleIfError' | 'traffic.cache.staleWhileRevalidate') =>
    made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.decisions[rule] ?? 0;
  return { ...made, instance, pass, ask, seen, traffic, decided };
}

/** Answers with a body that counts, and these fields. */
export function counting(fields: Record<string, string>): Handler {
  let count = 0;
  return (_, response) => {
    count++;
    response.writeHead(200, fields).end(`body ${count}`);
  };
}

export const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);
export const statusOf = (text: string) => /\r\nCache-Status: islet; (.*)\r\n/.exec(text)?.[1];
