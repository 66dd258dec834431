import type { Endpoint } from '@islet/policy';
import type { Clock } from '../clock.ts';
import { LIMITS } from '../limits.ts';
import { Http2Session } from './http2-session.ts';
import { Http2Wire } from './http2-wire.ts';

/**
 * The HTTP/2 connections to one instance. One is enough while it has room for streams. Where none has, another is opened,
 * up to a limit; past that, requests wait until others have ended.
 */
export class Http2Pool {
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #sessions = new Set<Http2Session>();

  constructor(endpoint: Endpoint, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  acquire(): Http2Wire {
    return new Http2Wire(this.#choose());
  }

  /** Ends connections that have been idle for too long. */
  sweep(now: number): void {
    for (const session of this.#sessions) if (session.isIdle(now)) session.close();
  }

  /** Lets what is in flight finish. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }

  #choose(): Http2Session {
    let best: Http2Session | undefined;
    for (const session of this.#sessions) if (best === undefined || session.room > best.room) best = session;
    const isFull = this.#sessions.size >= LIMITS.http2SessionsPerEndpoint;
    if (best !== undefined && (best.room > 0 || isFull)) return best;
    const { host, port } = this.#endpoint;
    const onEnd = (ended: Http2Session) => this.#sessions.delete(ended);
    const made = new Http2Session({ host, port, clock: this.#clock, onEnd });
    this.#sessions.add(made);
    return made;
  }
}
