import type { Conditions } from '@islet/policy';
import { fieldValues, parseFields, serialiseFields } from '../http/fields.ts';
import type { RequestFields } from '../http/request-fields.ts';

/** What a cache reads of a request's fields. */
export interface CacheFields extends Conditions {
  readonly cacheControl: string | undefined;
  readonly pragma: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly hasAuthorization: boolean;
  /**
   * Only the service can tell: the client wants to know whether its own copy is still the service's (RFC 9110, 13.1.1 and
   * 13.1.4), asks for another protocol, or says more in a body.
   */
  readonly mustBeAsked: boolean;
  /** By name, in lower case. */
  readonly values: ReadonlyMap<string, string>;
}

/** The fields of one connection's requests are one object while they stay the same: they are read once. */
const known = new WeakMap<RequestFields, CacheFields>();

export function cacheFields(fields: RequestFields): CacheFields {
  const before = known.get(fields);
  if (before !== undefined) return before;
  const values = fieldValues(parseFields(fields.passed));
  const read: CacheFields = {
    cacheControl: values.get('cache-control'),
    pragma: values.get('pragma'),
    range: values.get('range'),
    ifRange: values.get('if-range'),
    ifNoneMatch: values.get('if-none-match'),
    ifModifiedSince: values.get('if-modified-since'),
    hasAuthorization: values.has('authorization'),
    values,
    mustBeAsked:
      values.has('if-match') ||
      values.has('if-unmodified-since') ||
      fields.upgrade !== undefined ||
      fields.framing.kind !== 'none',
  };
  known.set(fields, read);
  return read;
}

/** The fields with which the service is asked whether a stored response still holds. */
export function askingFields(
  fields: RequestFields,
  { etag, lastModified }: { readonly etag: string | undefined; readonly lastModified: string | undefined },
): RequestFields {
  const others = parseFields(fields.passed).filter(({ lower }) => !OF_THE_CLIENT.has(lower));
  const tag = etag === undefined ? '' : `If-None-Match: ${etag}\r\n`;
  const date = lastModified === undefined ? '' : `If-Modified-Since: ${lastModified}\r\n`;
  return { ...fields, passed: serialiseFields(others) + tag + date };
}

/** The fields of a request whose response is for the cache, and whole. */
export function wholeFields(fields: RequestFields): RequestFields {
  const others = parseFields(fields.passed).filter(({ lower }) => !OF_A_COPY.has(lower));
  return { ...fields, passed: serialiseFields(others) };
}

const OF_THE_CLIENT: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since']);
const OF_A_COPY: ReadonlySet<string> = new Set([...OF_THE_CLIENT, 'range', 'if-range', 'cache-control', 'pragma']);
