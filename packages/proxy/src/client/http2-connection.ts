import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Waiting } from '../deadlines.ts';
import { Http2RequestParser } from '../http/http2-request.ts';
import { LIMITS } from '../limits.ts';
import type { Accepted, Incoming, Surroundings } from './accepted.ts';
import { Http2Stream, type StreamOptions } from './http2-stream.ts';
import { RouteMemo } from './route-memo.ts';

/**
 * A client's connection that carries many requests at once. The runtime's codec (nghttp2) keeps to RFC 9113 and refuses
 * what is malformed; what a client could do within the RFC to cost more than it pays is limited here, or by an option
 * of the codec: streams at once, streams reset (rapid reset), control frames (floods of PING and SETTINGS), memory.
 */
export class Http2Connection implements Accepted, Waiting {
  readonly socket: Socket;
  deadlineAt: number;
  readonly #surroundings: Surroundings;
  readonly #session: ServerHttp2Session;
  #streams = 0;
  #leaving = false;
  #controlFrames = 0;
  #countedSince: number;

  constructor({ socket, clientAddress, secure }: Incoming, surroundings: Surroundings) {
    const { runtime } = surroundings;
    this.#surroundings = surroundings;
    this.socket = socket;
    this.#countedSince = runtime.now();
    this.deadlineAt = this.#countedSince + LIMITS.requestHeadTimeoutMs;
    runtime.deadlines.add(this);
    socket.on('error', () => socket.destroy());
    // A client of HTTP/2 that sends no more can't take much either: not a window is opened again.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#onClose());
    const session = performServerHandshake(socket, OPTIONS);
    this.#session = session;
    const [parser, memo] = [new Http2RequestParser(), new RouteMemo()];
    const streamOptions: StreamOptions = { surroundings, secure, clientAddress, parser, memo };
    session.on('stream', (stream, _, flags, raw) => {
      this.#onStream();
      stream.once('close', () => this.#onStreamEnd());
      new Http2Stream(stream, streamOptions).begin(raw, flags);
    });
    session.on('ping', () => this.#onControlFrame());
    session.on('remoteSettings', () => this.#onControlFrame());
    session.on('error', () => undefined);
    session.setLocalWindowSize(LIMITS.http2ConnectionWindowBytes);
  }

  /**
   * Says goodbye twice (RFC 9113, 6.8): first that no new requests should be sent, then, once the client had time to hear
   * it, which was the last one. Between the two nothing is refused.
   */
  endWhenIdle(): void {
    if (this.#leaving || this.#session.destroyed) return;
    this.#leaving = true;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
    setTimeout(() => this.#session.close(), LIMITS.http2GoodbyeMs).unref();
  }

  onDeadline(): void {
    this.deadlineAt = Number.POSITIVE_INFINITY;
    this.#session.close();
  }

  #onStream(): void {
    this.#streams++;
    this.deadlineAt = Number.POSITIVE_INFINITY;
  }

  #onStreamEnd(): void {
    this.#streams--;
    if (this.#streams === 0) this.deadlineAt = this.#surroundings.runtime.now() + LIMITS.clientIdleMs;
  }

  #onControlFrame(): void {
    const now = this.#surroundings.runtime.now();
    if (now - this.#countedSince >= 1_000) {
      this.#countedSince = now;
      this.#controlFrames = 0;
    }
    this.#controlFrames++;
    if (this.#controlFrames <= LIMITS.http2ControlFramesPerSecond || this.#session.destroyed) return;
    this.#session.destroy(new Error('too many control frames'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #onClose(): void {
    this.#surroundings.runtime.deadlines.delete(this);
    this.#surroundings.onClose(this);
  }
}

const LAST_STREAM = 2 ** 31 - 1;

const OPTIONS = {
  maxSessionMemory: LIMITS.http2SessionMiB,
  maxHeaderListPairs: LIMITS.fields + 4,
  maxSessionInvalidFrames: LIMITS.http2InvalidFrames,
  maxSessionRejectedStreams: LIMITS.http2RejectedStreams,
  streamResetBurst: LIMITS.http2ResetBurst,
  streamResetRate: LIMITS.http2ResetsPerSecond,
  settings: {
    maxConcurrentStreams: LIMITS.http2Streams,
    initialWindowSize: LIMITS.http2WindowBytes,
    maxHeaderListSize: LIMITS.fieldsBytes,
  },
} as const;
