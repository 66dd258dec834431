import type { ResponseHead } from '../http/response-head.ts';

export interface ResponseShape {
  /** Status and fields of the instance, as nearly all of its responses have them. */
  readonly start: string;
  /** What is of this response, to the head's end. */
  readonly rest: string;
  /** The body goes out in chunks of our own. */
  readonly chunked: boolean;
}

export interface ResponseOptions {
  readonly close: boolean;
  readonly fields: string;
  readonly http10: boolean;
  /** It answers HEAD. */
  readonly toHead: boolean;
}

/**
 * The head as the client gets it. A body without a known length is chunked, or ends with the connection in HTTP/1.0. Over HTTP/2
 * trailers may follow a body whose length is told; in HTTP/1.1 only chunks have room for them.
 */
export function responseText(head: ResponseHead, { close, fields, http10, toHead }: ResponseOptions): ResponseShape {
  const { framing, toldLength } = head;
  const sized = framing.kind === 'length' && !head.announcesTrailers;
  const chunked = framing.kind !== 'none' && !sized && !http10;
  const told = framing.kind === 'length' ? framing.length : (toldLength ?? emptyLength(head, toHead));
  const length = chunked ? undefined : told;
  return {
    start: startText(head),
    rest:
      fields +
      (length === undefined ? '' : lengthText(length)) +
      (chunked ? 'Transfer-Encoding: chunked\r\n' : '') +
      (close ? 'Connection: close\r\n\r\n' : '\r\n'),
    chunked,
  };
}

/**
 * Over HTTP/2 a head can be all of a response, and nothing in it says so. In HTTP/1.1 a client would wait for a body until the
 * connection closes (RFC 9112, 6.3), so that it has to be told that there is none.
 */
function emptyLength({ framing, status }: ResponseHead, toHead: boolean): 0 | undefined {
  const mayHaveBody = !toHead && status >= 200 && status !== 204 && status !== 304;
  return framing.kind === 'none' && mayHaveBody ? 0 : undefined;
}

export function informationalText({ status, reason, passed, upgrade }: ResponseHead): string {
  const switches = status === 101 ? `Connection: Upgrade\r\nUpgrade: ${upgrade ?? ''}\r\n` : '';
  return `HTTP/1.1 ${status} ${reason}\r\n${passed}${switches}\r\n`;
}

/** Of the last response: the next one often says the same. */
const last = { status: 0, reason: '', passed: '', start: '', length: -1, lengthLine: '' };

function startText({ status, reason, passed }: ResponseHead): string {
  if (last.passed !== passed || last.status !== status || last.reason !== reason) {
    last.status = status;
    last.reason = reason;
    last.passed = passed;
    last.start = `HTTP/1.1 ${status} ${reason}\r\n${passed}`;
  }
  return last.start;
}

function lengthText(length: number): string {
  if (last.length !== length) {
    last.length = length;
    last.lengthLine = `Content-Length: ${length}\r\n`;
  }
  return last.lengthLine;
}
