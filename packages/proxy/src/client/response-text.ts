import type { ResponseHead } from '../http/response-head.ts';

export interface ResponseShape {
  readonly text: string;
  /** The body goes out in chunks of our own. */
  readonly chunked: boolean;
}

/** The head as the client gets it. A body without a known length is chunked, or ends with the connection in HTTP/1.0. */
export function responseText(
  { status, reason, passed, framing, toldLength }: ResponseHead,
  { close, fields, http10 }: { readonly close: boolean; readonly fields: string; readonly http10: boolean },
): ResponseShape {
  const unsized = framing.kind === 'chunked' || framing.kind === 'close';
  const chunked = unsized && !http10;
  const length = framing.kind === 'length' ? framing.length : toldLength;
  return {
    text:
      `HTTP/1.1 ${status} ${reason}\r\n${passed}${fields}` +
      (length === undefined ? '' : `Content-Length: ${length}\r\n`) +
      (chunked ? 'Transfer-Encoding: chunked\r\n' : '') +
      (close ? 'Connection: close\r\n\r\n' : '\r\n'),
    chunked,
  };
}

export function informationalText({ status, reason, passed, upgrade }: ResponseHead): string {
  const switches = status === 101 ? `Connection: Upgrade\r\nUpgrade: ${upgrade ?? ''}\r\n` : '';
  return `HTTP/1.1 ${status} ${reason}\r\n${passed}${switches}\r\n`;
}
