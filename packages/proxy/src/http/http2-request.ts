import { ProxyError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { CONNECTION_SPECIFIC } from './connection-options.ts';
import { type Field, fieldOf, isToken } from './fields.ts';
import { declaredFraming, type Framing, NO_BODY } from './framing.ts';
import { readHttp2Fields } from './http2-fields.ts';
import { fieldsMeaning } from './request-fields.ts';
import { pathOf, type RequestHead, refuseUnfit } from './request-head.ts';

/** Understands the heads of one connection; remembers the last one, as `RequestHeadParser` does. */
export class Http2RequestParser {
  #raw: readonly string[] = [];
  #ended = false;
  #head: RequestHead | undefined;

  parse(raw: readonly string[], { ended }: { readonly ended: boolean }): RequestHead {
    if (this.#head !== undefined && this.#ended === ended && isSame(raw, this.#raw)) return this.#head;
    const head = http2Request(raw, { ended });
    this.#raw = raw;
    this.#ended = ended;
    this.#head = head;
    return head;
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, at) => text === others[at]);
}

/**
 * The head of a request that came over HTTP/2 (RFC 9113, 8.3), as one of HTTP/1.1 would be understood. `ended`: no body
 * follows. Throws `ProxyError`. The codec has refused what is malformed by the RFC; what another reader of the same
 * request could take for something else is refused here once more, so that nothing depends on the codec's strictness.
 */
function http2Request(raw: readonly string[], { ended }: { readonly ended: boolean }): RequestHead {
  if (raw.length / 2 > LIMITS.fields + PSEUDO.length) throw new ProxyError('head-too-large', 'too many fields');
  const { pseudo, fields } = readHttp2Fields(raw);
  const [method, , authority, target] = PSEUDO.map((name) => pseudo.get(name));
  if (method === undefined || !isToken(method)) throw new ProxyError('bad-request', 'there is no valid method');
  refuseUnfit(method, target ?? '');
  if (target?.startsWith('/') !== true && !(target === '*' && method === 'OPTIONS')) {
    throw new ProxyError('bad-request', ':path is no path');
  }
  const framing = framingOf(fields, ended);
  const own = [...hostOf(authority, fields), ...joinCookies(fields.filter(isPassed))];
  return {
    method,
    target,
    path: pathOf(target),
    http10: false,
    fields: fieldsMeaning(own, { http10: false, framing }),
  };
}

function framingOf(fields: readonly Field[], ended: boolean): Framing {
  if (fields.some(({ lower }) => CONNECTION_SPECIFIC.has(lower))) {
    throw new ProxyError('bad-request', 'a field belongs to a connection of HTTP/1.1');
  }
  const declared = declaredFraming(fields);
  if (!ended) return declared ?? { kind: 'chunked' };
  if (declared?.kind === 'length' && declared.length > 0) {
    throw new ProxyError('bad-request', 'the body is shorter than Content-Length');
  }
  return declared ?? NO_BODY;
}

/** One name for the host: where both are there they must agree, or two readers would route the request to two places. */
function hostOf(authority: string | undefined, fields: readonly Field[]): readonly Field[] {
  const hosts = fields.filter(({ lower }) => lower === 'host');
  if (authority === undefined) return hosts;
  if (hosts.some(({ value }) => value.toLowerCase() !== authority.toLowerCase())) {
    throw new ProxyError('bad-request', ':authority and Host name different authorities');
  }
  return [fieldOf('host', authority)];
}

/** Cookies may come in pieces, which HTTP/1.1 doesn't know (RFC 9113, 8.2.3). */
function joinCookies(fields: readonly Field[]): readonly Field[] {
  const cookies = fields.filter(isCookie);
  if (cookies.length < 2) return fields;
  const joined = fieldOf('cookie', cookies.map(({ value }) => value).join('; '));
  return [...fields.filter((field) => !isCookie(field)), joined];
}

function isCookie({ lower }: Field): boolean {
  return lower === 'cookie';
}

function isPassed({ lower }: Field): boolean {
  return lower !== 'host' && lower !== 'content-length';
}

const PSEUDO = ['method', 'scheme', 'authority', 'path'] as const;
