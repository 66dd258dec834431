import { STATUS_CODES } from 'node:http';
import { ProxyError } from '../errors.ts';
import type { Field } from './fields.ts';
import { NO_BODY } from './framing.ts';
import { readHttp2Fields, readHttp2Trailers } from './http2-fields.ts';
import { meaningOf, type ResponseHead, responseHead } from './response-head.ts';

/** Understands the heads of one connection; remembers the last one, which an instance mostly says again. */
export class Http2ResponseParser {
  #raw: readonly string[] = [];
  #shape: Http2Shape | undefined;
  #head: ResponseHead | undefined;
  #rawTrailers: readonly string[] = [];
  #trailers: readonly Field[] = [];

  parse(raw: readonly string[], shape: Http2Shape): ResponseHead {
    const { ended, toHead } = shape;
    const isKnown = this.#raw === raw && this.#shape?.ended === ended && this.#shape.toHead === toHead;
    if (isKnown && this.#head !== undefined) return this.#head;
    const head = http2Response(raw, shape);
    this.#raw = raw;
    this.#shape = shape;
    this.#head = head;
    return head;
  }

  trailers(raw: readonly string[]): readonly Field[] {
    if (raw !== this.#rawTrailers) {
      this.#trailers = readHttp2Trailers(raw);
      this.#rawTrailers = raw;
    }
    return this.#trailers;
  }
}

export interface Http2Shape {
  /** No body follows. */
  readonly ended: boolean;
  readonly toHead: boolean;
}

/** The head of a response that came over HTTP/2, as one of HTTP/1.1 would be understood; throws `bad-response`. */
function http2Response(raw: readonly string[], { ended, toHead }: Http2Shape): ResponseHead {
  try {
    const { pseudo, fields } = readHttp2Fields(raw);
    const status = Number(/^[1-5][0-9]{2}$/.exec(pseudo.get('status') ?? '')?.[0]);
    if (Number.isNaN(status)) throw new ProxyError('bad-response', 'the response has no valid status');
    const line = { status, reason: STATUS_CODES[status] ?? '', http10: false };
    return responseHead(line, meaningOf(fields), { toHead, undeclared: ended ? NO_BODY : { kind: 'chunked' } });
  } catch (thrown) {
    const { code, message } = ProxyError.from(thrown);
    throw new ProxyError(code === 'internal' ? code : 'bad-response', message, { cause: thrown });
  }
}
