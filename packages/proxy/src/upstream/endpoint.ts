import {
  type AttemptFailure,
  type Candidate,
  type Endpoint,
  LatencyWindow,
  PeakEwma,
  type Standing,
} from '@islet/policy';
import type { Clock } from '../clock.ts';
import type { Deadlines } from '../deadlines.ts';
import { LIMITS } from '../limits.ts';
import type { InstanceShare } from '../shared/states.ts';
import { Counts } from '../stats.ts';
import { UpstreamConnection } from './connection.ts';
import { Http2Pool } from './http2-pool.ts';
import type { Wire } from './wire.ts';

export interface Wanted {
  readonly now: number;
  /** The request can't be sent a second time. */
  readonly once: boolean;
  /** No kept connection is trusted. */
  readonly fresh: boolean;
}

export interface EndpointOptions {
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly cameAt: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly share: InstanceShare;
}

export interface WantedWire extends Wanted {
  readonly http2: boolean;
}

/** What goes on for as long as its two sides like: a tunnel, or a stream of events. */
export interface LongLived {
  /** Its instance leaves. Asks its client to go, where there is a way to; it may end at any later time, or not at all. */
  goAway(): void;
}

/** An instance at its address: what is in flight there, its counters, and its kept connections. */
export class EndpointState implements Candidate {
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly counts = new Counts();
  /** Of copies that it was sent for being looked at: counted apart, and only where there are any. */
  mirrored: Counts | undefined;
  readonly firstBytes = new LatencyWindow();
  /** Kept up only where the policy asks for it. */
  readonly ewma = new PeakEwma();
  cameAt: number;
  readonly #share: InstanceShare;
  /** After how long without a first byte a request is held against it. */
  stallMs = Number.POSITIVE_INFINITY;
  /** It has left the table: what is in flight goes on, nothing new comes. */
  removed = false;
  /** It refused a connection a moment ago, or asked to be left alone: others are taken while there are any. */
  avoidUntil = 0;
  /** Nobody listened there a moment ago. */
  deadUntil = 0;
  /** It answered in HTTP/1.0 when it was asked last. */
  http10 = false;
  /** How long it is avoided because it is silent. */
  #silentUntil = 0;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** Most recently used last: the newest is taken, so that the rest can grow old and go. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #longLived = new Map<object, LongLived>();
  #http2: Http2Pool | undefined;
  #checking: Promise<boolean> | undefined;

  constructor({ service, endpoint, cameAt, clock, deadlines, share }: EndpointOptions) {
    this.service = service;
    this.endpoint = endpoint;
    this.cameAt = cameAt;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#share = share;
  }

  get standing(): Standing {
    return this.#share.standing;
  }

  get id(): string {
    return this.endpoint.instance;
  }

  get inFlight(): number {
    return this.counts.inFlight;
  }

  /** Of what is in flight. */
  get longLived(): number {
    return this.#longLived.size;
  }

  get idleConnections(): number {
    return this.#idle.length;
  }

  /** What is sent to it now would wait until other requests have ended. */
  get isFull(): boolean {
    return this.#http2?.isFull === true;
  }

  /** A way to send one request. */
  acquire(wanted: WantedWire): Wire {
    if (!wanted.http2) return this.connect(wanted);
    this.#http2 ??= this.#openPool();
    return this.#http2.acquire();
  }

  /** A connection that is kept, or a new one that is not open yet. */
  connect({ now, once, fresh }: Wanted): UpstreamConnection {
    const kept = fresh ? undefined : this.#idle.at(-1);
    if (kept?.fit(now, { once })) {
      this.#idle.pop();
      return kept;
    }
    return this.#dial();
  }

  /** Its response is whole. */
  release({ connection }: Wire, now: number): void {
    if (connection === undefined) return;
    if (!connection.reusable || this.removed || this.#idle.length >= LIMITS.idlePerEndpoint) {
      connection.destroy();
      return;
    }
    connection.rest(now);
    this.#idle.push(connection);
  }

  /** Ends connections that have been idle for too long; the oldest stand first. */
  sweep(now: number): void {
    const stays = this.#idle.findIndex((connection, at) => {
      const isSpare = this.#idle.length - at > LIMITS.restingPerEndpoint;
      return connection.fit(now, { once: false }) && !(isSpare && now - connection.idleSince > LIMITS.spareIdleMs);
    });
    for (const connection of this.#idle.splice(0, stays < 0 ? this.#idle.length : stays)) connection.destroy();
    this.#http2?.sweep(now);
  }

  /** A try has failed so: what that says of the next ones. */
  heed({ kind }: AttemptFailure, now: number): void {
    if (kind === 'refused') this.refused(now);
    else if (kind === 'unavailable') this.#calm(now);
  }

  refused(now: number): void {
    this.deadUntil = now + LIMITS.avoidRefusedMs;
    this.avoid(this.deadUntil);
  }

  avoid(until: number): void {
    this.avoidUntil = Math.max(this.avoidUntil, until);
  }

  /** None of its connections answers: it may only be busy, so it is asked where nobody else is left. Or one does again. */
  #onSilence(isSilent: boolean): void {
    if (isSilent) {
      this.#silentUntil = this.#clock.now() + LIMITS.http2PingTimeoutMs;
      this.avoid(this.#silentUntil);
    } else if (this.avoidUntil === this.#silentUntil) this.avoidUntil = 0;
  }

  /** What a try that is in flight has become. */
  beginLongLived(attempt: object, it: LongLived): void {
    this.#longLived.set(attempt, it);
    if (this.removed) it.goAway();
  }

  /** The try is in flight no longer. */
  end(attempt: object): void {
    this.counts.inFlight--;
    this.#longLived.delete(attempt);
  }

  remove(): void {
    this.removed = true;
    this.standBack();
  }

  /** It is given nothing new, for now or for good: what is long-lived had better go elsewhere. */
  standBack(): void {
    this.closeIdle();
    for (const it of this.#longLived.values()) it.goAway();
  }

  /** Nothing will be in flight to it any more. */
  letGo(): void {
    this.#share.letGo();
  }

  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
    this.#http2?.close();
  }

  /**
   * Whether nobody listens there any more. A reset alone doesn't tell a dead instance from an overloaded one; a refused
   * connection does. However many requests ask at once, one connection is made.
   */
  isDead(): Promise<boolean> {
    if (this.removed) return Promise.resolve(true);
    this.#checking ??= this.#refuses().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  #refuses(): Promise<boolean> {
    return new Promise((resolve) => {
      const connection = this.#dial();
      const { socket } = connection;
      const decide = (dead: boolean) => {
        clearTimeout(timer);
        connection.destroy();
        resolve(dead);
      };
      const timer = setTimeout(() => decide(false), LIMITS.deathCheckMs);
      socket.once('connect', () => decide(false));
      socket.once('error', () => decide(true));
    });
  }

  /** It asked for fewer requests. */
  #calm(now: number): void {
    this.avoid(now + LIMITS.avoidRefusedMs);
  }

  #openPool(): Http2Pool {
    const onSilence = (isSilent: boolean) => this.#onSilence(isSilent);
    const onCalm = () => this.#calm(this.#clock.now());
    return new Http2Pool({
      endpoint: this.endpoint,
      clock: this.#clock,
      deadlines: this.#deadlines,
      onSilence,
      onCalm,
    });
  }

  #dial(): UpstreamConnection {
    const onIdleEnd = (connection: UpstreamConnection) => this.#forget(connection);
    return new UpstreamConnection({ ...this.endpoint, clock: this.#clock, onIdleEnd });
  }

  #forget(connection: UpstreamConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
