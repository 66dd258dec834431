import { ProxyError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { CommonHeads } from './common-heads.ts';
import { FieldsParser, isToken, parseFields } from './fields.ts';
import { HeadReader } from './head-reader.ts';
import { type RequestFields, requestFields } from './request-fields.ts';

export interface RequestHead {
  readonly method: string;
  /** In origin form, with its query; or `*`. */
  readonly target: string;
  /** The target without its query. */
  readonly path: string;
  readonly http10: boolean;
  readonly fields: RequestFields;
}

/**
 * Parses the heads of one connection. A client sends nearly the same fields with each request, so the meaning of the
 * last block of fields is kept and taken again where the next block is the same text: that halves the cost of a request.
 * Where it is not, the lines are that are.
 * What comes of it depends on nothing but the text.
 */
export class RequestHeadParser {
  #block = '';
  #http10 = false;
  #fields: RequestFields | undefined;
  /** From the second block on. */
  #lines: FieldsParser | undefined;

  /** `text` is the head without its last empty line; throws `ProxyError`. */
  parse(text: string): RequestHead {
    // RFC 9112, 2.2: an empty line before the request line is skipped; two are not.
    const start = text.startsWith('\r\n') ? 2 : 0;
    const lineEnd = text.indexOf('\r\n', start);
    const line = parseRequestLine(text.slice(start, Math.max(lineEnd, start)));
    const { method, http10 } = line;
    const fields = this.#fieldsOf(text.slice(lineEnd + 2), http10);
    const target = originForm(line, fields);
    return { method, target, path: pathOf(target), http10, fields };
  }

  #fieldsOf(block: string, http10: boolean): RequestFields {
    if (this.#fields !== undefined && this.#block === block && this.#http10 === http10) return this.#fields;
    if (this.#fields !== undefined) this.#lines ??= new FieldsParser();
    const fields = requestFields(this.#lines?.parse(block) ?? parseFields(block), { http10 });
    this.#block = block;
    this.#http10 = http10;
    this.#fields = fields;
    return fields;
  }
}

/** Reads the heads of one connection. */
export function requestHeads(): HeadReader<RequestHead> {
  const parser = new RequestHeadParser();
  return new HeadReader((text) => parser.parse(text), COMMON);
}

const CREDENTIALS = /^(?:(?:proxy-)?authorization|cookie):/im;
const COMMON = new CommonHeads<RequestHead>({ isSecret: ({ fields }) => CREDENTIALS.test(fields.passed) });

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly http10: boolean;
}

function parseRequestLine(line: string): RequestLine {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = line.slice(0, Math.max(first, 0));
  if (!isToken(method)) throw new ProxyError('bad-request', 'the request line does not begin with a method');
  const target = line.slice(first + 1, last);
  const http10 = isHttp10(line.slice(last + 1));
  refuseUnfit(method, target);
  return { method, target, http10 };
}

/** What no request may have, whatever its protocol. */
export function refuseUnfit(method: string, target: string): void {
  if (target.length > LIMITS.targetBytes) throw new ProxyError('uri-too-long', 'the request target is too long');
  if (!TARGET.test(target)) throw new ProxyError('bad-request', 'the request target has a character it may not have');
  if (method === 'CONNECT') throw new ProxyError('method-not-supported', 'CONNECT is not supported');
}

export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

function isHttp10(version: string): boolean {
  if (version === 'HTTP/1.1') return false;
  if (version === 'HTTP/1.0') return true;
  if (/^HTTP\/[0-9]\.[0-9]$/.test(version)) throw new ProxyError('http-version', `${version} is not supported`);
  throw new ProxyError('bad-request', 'the request line does not end with an HTTP version');
}

/** An absolute target must name the same authority as `Host`, or two readers would route it to two places. */
function originForm({ method, target }: RequestLine, { host }: RequestFields): string {
  if (target.startsWith('/')) return target;
  if (target === '*' && method === 'OPTIONS') return target;
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) throw new ProxyError('bad-request', 'the request target is neither a path nor an http URL');
  const [, authority = '', rest = ''] = absolute;
  if (authority.toLowerCase() !== host.toLowerCase()) {
    throw new ProxyError('bad-request', 'the request target and Host name different authorities');
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Visible ASCII but `#`: a fragment is never sent. */
const TARGET = /^[!"$-~]+$/;
const ABSOLUTE = /^https?:\/\/([^/?@]+)([/?].*)?$/i;
