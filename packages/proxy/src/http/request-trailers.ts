import type { Field } from './fields.ts';
import { isHearsay, isOwn } from './request-fields.ts';

/**
 * Trailers of a request, without those that would say what the proxy says in its fields, or change what is asked for (RFC 9110, 6.5.1):
 * there are instances that take trailers for fields. Those of a response are also the metadata of gRPC, where any name is an application's.
 */
export function passedRequestTrailers(trailers: readonly Field[]): readonly Field[] {
  return trailers.length === 0
    ? trailers
    : trailers.filter((field) => !isOwn(field) && !isHearsay(field) && !MODIFIERS.has(field.lower));
}

const MODIFIERS: ReadonlySet<string> = new Set([
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'pragma',
  'range',
]);
