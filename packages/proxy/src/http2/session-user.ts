import type { SessionStream, StreamUser } from './stream.ts';

/** Who has a connection of HTTP/2. Its streams have users of their own. */
export interface SessionUser {
  /** Of a server: a client begins a stream, whose head comes next. */
  onStream(stream: SessionStream): StreamUser;
  /** A stream has closed; so many are left. */
  onStreamEnd(left: number): void;
  /** The peer's SETTINGS have come, for the first time or again. */
  onSettings(): void;
  /** The peer takes no more streams. Those that it has not begun close as refused. */
  onGoaway(code: number): void;
  /** It is over: no stream is left, and nothing is read or sent. `cause`: what is to blame, where it is not the peer. */
  onClose(cause: unknown): void;
}
