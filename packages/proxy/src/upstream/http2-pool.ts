import type { Endpoint } from '@islet/policy';
import type { Clock } from '../clock.ts';
import type { Deadlines } from '../deadlines.ts';
import { LIMITS } from '../limits.ts';
import { Http2Session, type Http2SessionUser } from './http2-session.ts';
import { Http2Wire } from './http2-wire.ts';

export interface Http2PoolOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** None of its connections answers, or one does again. */
  readonly onSilence: (isSilent: boolean) => void;
}

/**
 * The HTTP/2 connections to one instance. One is enough while it has room for streams. Where none has, another is opened,
 * up to a limit; past that, requests wait until others have ended.
 *
 * One that is silent may be lost, or its instance busy. So another is tried, and takes what follows from the moment that it
 * is open. Until then requests go where they went: one that never opens would lose them.
 */
export class Http2Pool implements Http2SessionUser {
  readonly #options: Http2PoolOptions;
  readonly #sessions = new Set<Http2Session>();
  /** The instance has not ended a connection for being asked too much, PINGs included. */
  #mayPing = true;

  constructor(options: Http2PoolOptions) {
    this.#options = options;
  }

  /** `fresh`: over none that is silent. */
  acquire({ fresh }: { readonly fresh: boolean }): Http2Wire {
    return new Http2Wire(this.#choose(fresh));
  }

  /** Ends connections that have been idle for too long. */
  sweep(now: number): void {
    for (const session of this.#sessions) if (session.isIdle(now)) session.close();
  }

  /** Lets what is in flight finish. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }

  onSilence(): void {
    const open = [...this.#sessions].filter((session) => session.open);
    if (open.length === 0) return;
    const isSilent = open.every(({ silent }) => silent);
    if (isSilent && open.length === this.#sessions.size) this.#dial();
    this.#options.onSilence(isSilent);
  }

  onCalm(): void {
    this.#mayPing = false;
  }

  onEnd(session: Http2Session): void {
    this.#sessions.delete(session);
    this.onSilence();
  }

  #choose(fresh: boolean): Http2Session {
    let best: Http2Session | undefined;
    let silent: Http2Session | undefined;
    let heard = 0;
    for (const session of this.#sessions) {
      if (session.silent) silent = session;
      else {
        heard++;
        if (best === undefined || isBetter(session, best)) best = session;
      }
    }
    if (silent !== undefined && silent.room > 0 && !fresh && best?.open !== true) return silent;
    const isFull = heard >= LIMITS.http2SessionsPerEndpoint;
    return best !== undefined && (best.room > 0 || isFull) ? best : this.#dial();
  }

  #dial(): Http2Session {
    const { endpoint, clock, deadlines } = this.#options;
    const { host, port } = endpoint;
    const made = new Http2Session({ host, port, clock, deadlines, mayPing: this.#mayPing, user: this });
    this.#sessions.add(made);
    return made;
  }
}

/** One that is open has more to give than one that may never be, as long as it has anything. */
function isBetter(one: Http2Session, other: Http2Session): boolean {
  const isReady = one.open && one.room > 0;
  return isReady === (other.open && other.room > 0) ? one.room > other.room : isReady;
}
