/** The error codes of HTTP/2 (RFC 9113, 7), as RST_STREAM and GOAWAY send them. */
export const HTTP2_CODES = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  connect: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

export type Http2Code = keyof typeof HTTP2_CODES;

/** What the peer did that HTTP/2 does not allow. Whoever catches it knows whether it ends the stream or the connection. */
export class Http2Error extends Error {
  readonly code: Http2Code;

  constructor(code: Http2Code, message: string) {
    super(`${code}: ${message}`);
    this.name = 'Http2Error';
    this.code = code;
  }

  /** As it is sent. */
  get number(): number {
    return HTTP2_CODES[this.code];
  }
}
