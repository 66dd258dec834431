import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { LIMITS } from '../limits.ts';

/** Who waits for a connection to open. */
export interface SessionUser {
  onSessionOpen(): void;
  onSessionRefused(): void;
}

/** One HTTP/2 connection to an instance, which carries many requests at once. */
export class Http2Session {
  readonly #session: ClientHttp2Session;
  readonly #waiting = new Set<SessionUser>();
  readonly #onEnd: (session: Http2Session) => void;
  #state: 'connecting' | 'open' | 'ended' = 'connecting';
  /** Requests that have it, those that wait for it to open included. */
  #users = 0;
  /** When it was first seen without requests, since the last one. */
  #idleSince: number | undefined;

  constructor(address: { readonly host: string; readonly port: number }, onEnd: (session: Http2Session) => void) {
    this.#onEnd = onEnd;
    const { host, port } = address;
    const authority = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#session = connectHttp2(authority, {
      createConnection: () => connect({ host, port, noDelay: true, autoSelectFamily: false }),
      maxSessionMemory: LIMITS.http2SessionMiB,
      peerMaxConcurrentStreams: LIMITS.http2StreamsUntold,
      settings: {
        enablePush: false,
        initialWindowSize: LIMITS.http2WindowBytes,
        maxHeaderListSize: LIMITS.fieldsBytes,
      },
    });
    // Not before the instance has told how many streams it takes: what is beyond that would be refused.
    this.#session.once('remoteSettings', () => this.#onOpen());
    // It takes no new streams; those that the instance has not begun are told as refused, one by one.
    this.#session.once('goaway', () => this.#end());
    this.#session.on('error', () => undefined);
    this.#session.once('close', () => this.#onClose());
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  get users(): number {
    return this.#users;
  }

  /** Requests that it can take beside those it has. */
  get room(): number {
    if (this.#state === 'ended') return 0;
    const told = this.#state === 'open' ? this.#session.remoteSettings.maxConcurrentStreams : undefined;
    return Math.max(0, (told ?? LIMITS.http2StreamsUntold) - this.#users);
  }

  enter(): void {
    this.#users++;
    this.#idleSince = undefined;
  }

  leave(user: SessionUser): void {
    this.#waiting.delete(user);
    this.#users--;
    // Nobody waits for it any more: whoever comes next shall not wait for the same one.
    if (this.#state === 'connecting' && this.#users === 0) this.#session.destroy();
  }

  whenOpen(user: SessionUser): void {
    if (this.#state === 'connecting') this.#waiting.add(user);
  }

  /** Throws where the connection has ended meanwhile. */
  request(raw: readonly string[], options: { readonly endStream: boolean; readonly waitForTrailers: boolean }) {
    const stream: ClientHttp2Stream = this.#session.request(raw, options);
    return stream;
  }

  /** To be asked now and then: whether it has had no requests for too long. */
  isIdle(now: number): boolean {
    if (this.#users > 0) return false;
    this.#idleSince ??= now;
    return now - this.#idleSince > LIMITS.upstreamIdleMs;
  }

  /** Lets what it carries finish. */
  close(): void {
    this.#end();
    this.#session.close();
  }

  #onOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#session.setLocalWindowSize(LIMITS.http2ConnectionWindowBytes);
    for (const user of this.#take()) user.onSessionOpen();
  }

  #onClose(): void {
    this.#end();
    for (const user of this.#take()) user.onSessionRefused();
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#onEnd(this);
  }

  #take(): readonly SessionUser[] {
    const users = [...this.#waiting];
    this.#waiting.clear();
    return users;
  }
}
