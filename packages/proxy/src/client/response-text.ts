import type { ResponseHead } from '../http/response-head.ts';

export interface ResponseShape {
  readonly text: string;
  /** The body goes out in chunks of our own. */
  readonly chunked: boolean;
}

/** The head as the client gets it. A body without a known length is chunked, or ends with the connection in HTTP/1.0. */
export function responseText(
  head: ResponseHead,
  { close, fields, http10 }: { readonly close: boolean; readonly fields: string; readonly http10: boolean },
): ResponseShape {
  const { framing, toldLength } = head;
  const unsized = framing.kind === 'chunked' || framing.kind === 'close';
  const chunked = unsized && !http10;
  const length = framing.kind === 'length' ? framing.length : toldLength;
  return {
    text:
      startText(head) +
      fields +
      (length === undefined ? '' : lengthText(length)) +
      (chunked ? 'Transfer-Encoding: chunked\r\n' : '') +
      (close ? 'Connection: close\r\n\r\n' : '\r\n'),
    chunked,
  };
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
