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
  /** The instance says that it is asked for too much. */
  readonly onCalm: () => void;
}

/**
 * The HTTP/2 connections to one instance. One is enough while it has room for streams. Where none has, another is opened,
 * up to a limit; past that, requests wait until others have ended, over whatever connection.
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

  onSilent(): void {
    const isTried = [...this.#sessions].some(({ silent }) => !silent);
    if (!isTried && this.#sessions.size > 0) this.#dial();
    this.#tellSilence();
  }

  onHeard(): void {
    this.#tellSilence();
  }

  withRoom(): Http2Session | undefined {
    for (const session of this.#sessions) if (session.open && session.takes && !session.silent) return session;
    return undefined;
  }

  onRoom(session: Http2Session): void {
    if (session.silent) return;
    for (const other of this.#sessions) if (other !== session && session.takes) other.letInto(session);
    if (!session.takes) this.onHeld();
  }

  onHeld(): void {
    const sessions = [...this.#sessions];
    const isDialling = sessions.some(({ open }) => !open);
    if (!isDialling && !this.#isWhole && sessions.some(({ holds }) => holds)) this.#dial();
  }

  onCalm(): void {
    this.#mayPing = false;
    this.#options.onCalm();
  }

  onEnd(session: Http2Session): void {
    this.#sessions.delete(session);
    this.#tellSilence();
  }

  /** What is begun now waits for the end of something else. */
  get isFull(): boolean {
    if (!this.#isWhole) return false;
    for (const { room } of this.#sessions) if (room > 0) return false;
    return true;
  }

  #tellSilence(): void {
    const open = [...this.#sessions].filter((session) => session.open);
    if (open.length > 0) this.#options.onSilence(open.every(({ silent }) => silent));
  }

  #choose(): Http2Session {
    let best: Http2Session | undefined;
    let silent: Http2Session | undefined;
    for (const session of this.#sessions) {
      if (session.silent) silent = session;
      else if (best === undefined || isBetter(session, best)) best = session;
    }
    if (silent !== undefined && silent.room > 0 && best?.open !== true) return silent;
    return best !== undefined && (best.room > 0 || this.#isWhole) ? best : this.#dial();
  }

  /** It has as many connections as it may. Those that are silent don't count: they are heard again, or go. */
  get #isWhole(): boolean {
    if (this.#sessions.size < LIMITS.http2SessionsPerEndpoint) return false;
    let heard = 0;
    for (const { silent } of this.#sessions) if (!silent) heard++;
    return heard >= LIMITS.http2SessionsPerEndpoint;
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
