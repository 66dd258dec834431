import type { Field } from './fields.ts';

/** Trailers that may be passed on: none that frames, routes or vouches for the message (RFC 9110, 6.5.1). */
export function passedTrailers(trailers: readonly Field[]): readonly Field[] {
  return trailers.filter(({ lower }) => !FORBIDDEN.has(lower) && !lower.startsWith('x-islet-'));
}

const FORBIDDEN: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
