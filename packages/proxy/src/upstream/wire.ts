import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseSink } from '../http/response-reader.ts';
import type { UpstreamConnection } from './connection.ts';
import type { RequestOrigin, TimeKeeper, TimeLeft } from './request-text.ts';

/** What carries one try to an instance and its response back, whatever the protocol. */
export interface Wire {
  /** It can be written to. */
  readonly open: boolean;
  /** Whether a byte of the response to the current request has come. */
  readonly answering: boolean;
  /** Its connection has carried another request before. */
  readonly used: boolean;
  /** The connection itself, where it serves one request at a time: it can become a tunnel's. */
  readonly connection: UpstreamConnection | undefined;
  /** Whether another request may follow, now that the response is whole. */
  readonly reusable: boolean;
  /** Lends it to whoever will send a request. */
  use(user: ResponseUser): void;
  /** Sends the head, and what is there of the body; returns false where the rest should wait. Bytes of bodies may be kept. */
  send(message: RequestMessage): boolean;
  write(bytes: Buffer): boolean;
  end(trailers: readonly Field[]): void;
  /** The response should stop, or go on, coming. */
  pause(): void;
  resume(): void;
  /** Gives it up; its user hears nothing of it. */
  destroy(): void;
}

/** A request as far as it has come. */
export interface RequestMessage {
  readonly request: RequestHead;
  readonly origin: RequestOrigin;
  readonly time: TimeLeft;
  /** For whoever sends it once more, later. */
  readonly patience?: TimeKeeper;
  readonly body: readonly Buffer[];
  /** Undefined: more of the body will come. */
  readonly trailers: readonly Field[] | undefined;
}

/** Why a wire is gone. */
export type Gone = 'refused' | 'unprocessed' | 'overloaded' | 'closed' | 'bad-response';

/** Who uses the wire now. */
export interface WireUser {
  onOpen(): void;
  onDrain(): void;
  onGone(why: Gone, error: ProxyError | undefined): void;
}

/** Reads responses. Bytes are views, valid only until `onFlush` returns; some for longer: see `mayBeKept`. */
export interface ResponseUser extends WireUser, ResponseSink {
  /** Its connection does not answer for now. Nothing is lost yet. */
  onSilent(): void;
  /** All that one read brought has been told. Returns false where some of it is kept, and still to be written. */
  onFlush(): boolean;
}
