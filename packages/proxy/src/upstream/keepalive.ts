import type { Waiting } from '../deadlines.ts';
import { LIMITS } from '../limits.ts';

/** The connection, to what watches over it. */
export interface KeepaliveUser {
  /** Calls that it carries. */
  readonly streams: number;
  /** Sends a PING. */
  ping(): void;
  /** It does not answer for now. */
  onSilent(): void;
  /** It does again. */
  onHeard(): void;
  /** It leads nowhere. */
  onDead(): void;
}

/**
 * Whether a connection of HTTP/2 still leads to its instance. A machine that loses its power, a firewall that forgets a
 * connection and a process that is stopped end no connection: what is sent there waits, and all calls to that instance go
 * over the same one. How long a call takes tells nothing, since calls may take long. So where calls are under way and
 * nothing comes, a PING is sent, which any peer answers at once (RFC 9113, 6.7), whatever its calls wait for. That is
 * Envoy's `connection_keepalive`, and the keepalive of gRPC (gRFC A8).
 *
 * Their limits of many seconds are an answer to one question, and there are two. A process that is busy or collects
 * garbage is silent as well, and its calls would be lost for nothing. So a connection that is silent for a second loses no
 * call: others are asked while there are any, and a second connection is tried. Only one that stays silent is dead.
 *
 * What can't be sent again, a POST say, waits for that. It is not told sooner, though nobody will ever answer where the connection
 * is lost: to tell its client that it may have been done or not takes an answer from all whose instance was only busy. Nor
 * does a second connection that opens prove that the first is lost: another process of the same instance may have taken it.
 *
 * Servers of gRPC end connections that send PINGs too often: those of Go, Java and C++ all count such as come within five
 * minutes, forget them when they send a head or a body, and take two between (`too_many_pings`). So a call that is long in
 * coming is asked about once; another call that is sent meanwhile may ask again, up to what such a server takes; and from
 * then on it is once in five minutes, until an answer comes. Without calls nothing is asked.
 */
export class Keepalive implements Waiting {
  readonly #user: KeepaliveUser;
  readonly #now: () => number;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** When the first call was sent since something has come. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #pingedAt = Number.NEGATIVE_INFINITY;
  /** Since something of an answer has come. */
  #pings = 0;
  /** A call has been sent since the last PING. */
  #isAskedAnew = false;
  #state: 'well' | 'pinged' | 'silent' = 'well';

  constructor(user: KeepaliveUser, now: () => number) {
    this.#user = user;
    this.#now = now;
  }

  get silent(): boolean {
    return this.#state === 'silent';
  }

  /** A call is sent. */
  onCall(now: number): void {
    if (this.#askedAt <= this.#heardAt) this.#askedAt = now;
    this.#isAskedAnew = true;
  }

  /** Something has come. `answers`: the head or the body of an answer among it. */
  onRead(now: number, answers: boolean): void {
    this.#heardAt = now;
    // A PING that was under way may have met a server that had sent its answer already.
    if (answers) this.#pings = this.#state === 'well' ? 0 : 1;
    if (this.#state === 'well') return;
    const wasSilent = this.silent;
    this.#state = 'well';
    if (wasSilent) this.#user.onHeard();
  }

  get deadlineAt(): number {
    if (this.#state === 'pinged') return this.#pingedAt + LIMITS.http2SilentMs;
    if (this.#state === 'silent') return this.#pingedAt + LIMITS.http2PingTimeoutMs;
    return this.#user.streams === 0 ? Number.POSITIVE_INFINITY : this.#pingBy;
  }

  onDeadline(): void {
    switch (this.#state) {
      case 'well':
        this.#state = 'pinged';
        this.#pingedAt = this.#now();
        this.#pings++;
        this.#isAskedAnew = false;
        this.#user.ping();
        break;
      case 'pinged':
        this.#state = 'silent';
        this.#user.onSilent();
        break;
      case 'silent':
        this.#user.onDead();
        break;
    }
  }

  get #pingBy(): number {
    const by = Math.max(this.#heardAt, this.#askedAt) + LIMITS.http2PingAfterMs;
    const mayAsk = this.#pings === 0 || (this.#pings < LIMITS.http2PingsUnanswered && this.#isAskedAnew);
    return mayAsk ? by : Math.max(by, this.#pingedAt + LIMITS.http2PingSpacingMs);
  }
}
