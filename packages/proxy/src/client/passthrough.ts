import type { Socket } from 'node:net';
import type { Waiting } from '../deadlines.ts';
import type { ProxyErrorCode } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { requestId } from '../record/recorder.ts';
import { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import type { Edge } from '../stats.ts';
import type { RawUser, UpstreamConnection } from '../upstream/connection.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { meantFor, pickEndpoint } from '../upstream/pick.ts';
import type { ServiceState } from '../upstream/service.ts';
import { isWarm, warmText } from '../upstream/warm.ts';
import { type Accepted, addressOf } from './accepted.ts';
import { balanceHash } from './balance-key.ts';
import type { Way } from './edge-policies.ts';
import { proxyHeader } from './proxy-header.ts';
import { Trace } from './trace-context.ts';
import { Tunnel } from './tunnel.ts';

export interface PassthroughOptions {
  readonly socket: Socket;
  readonly service: ServiceState;
  readonly edge: Edge;
  readonly way: Way;
  readonly runtime: Runtime;
  readonly settle: (endpoint: EndpointState) => void;
  readonly onClose: (connection: Accepted) => void;
}

/**
 * One connection to a service that doesn't speak HTTP/1.1: an instance is chosen once, and the bytes are not looked at.
 * While an instance refuses, nothing has been sent, so the next one is asked.
 */
export class Passthrough implements Accepted, RawUser, Waiting {
  readonly socket: Socket;
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly #options: PassthroughOptions;
  readonly #failed: EndpointState[] = [];
  readonly #startedAt: number;
  #endpoint: EndpointState | undefined;
  #connection: UpstreamConnection | undefined;
  #tunnel: Tunnel | undefined;
  readonly #trail: Trail;
  #hasPlace = false;
  #over = false;

  constructor(options: PassthroughOptions) {
    const { socket, runtime, edge, way } = options;
    this.#options = options;
    this.socket = socket;
    this.#startedAt = runtime.now();
    this.#trail = new Trail({
      startedAt: this.#startedAt,
      edge,
      id: requestId(undefined, { trusted: false }),
      trace: new Trace(undefined, undefined),
      clientAddress: 'unknown',
      protocol: 'tcp',
      asked: false,
      method: undefined,
      path: undefined,
      route: undefined,
      way,
      log: way.policy.accessLog,
    });
    edge.counts.requests++;
    edge.counts.inFlight++;
    runtime.stats.inFlight++;
    runtime.deadlines.add(this);
    socket.pause();
    socket.on('data', (bytes: Buffer) => this.#tunnel?.onClientBytes(bytes));
    socket.on('end', () => this.#tunnel?.onClientEnd());
    socket.on('drain', () => this.#tunnel?.onClientDrain());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClientGone());
    this.#hasPlace = way.bulkhead.tryOpenTunnel(way.policy.limits);
    if (this.#hasPlace) this.#choose();
    else {
      const { connections } = way.policy.limits;
      this.#trail.decided('traffic.limits.connections', `${connections} are open`, this.#startedAt);
      this.#giveUp('overloaded');
    }
  }

  /** Bytes that nobody knows the meaning of have no moment between two requests: one side ends them. */
  endWhenIdle(): void {}

  onOpen(): void {
    const connection = this.#connection;
    const endpoint = this.#endpoint;
    if (connection === undefined || endpoint === undefined) return;
    const { socket, runtime, way } = this.#options;
    this.#trail.tryOpened(runtime.now());
    this.#trail.tryCameTo('connected');
    if (endpoint.endpoint.toldClients) connection.socket.write(this.#header);
    const { idleMs } = way.policy.timeout;
    const onEnd = () => this.#end();
    const onIdle = (why: string) => this.#trail.decided('traffic.timeout.idle', why, runtime.now());
    const parts = { client: socket, connection, now: runtime.now, idleMs, isWebSocket: false, onIdle, onEnd };
    const tunnel = new Tunnel(parts);
    this.#tunnel = tunnel;
    endpoint.beginLongLived(this, tunnel);
    this.deadlineAt = tunnel.deadlineAt;
    socket.resume();
  }

  get #header(): Buffer {
    const { edge, socket } = this.#options;
    const { localAddress = '127.0.0.1', localPort = 0, remotePort = 0 } = socket;
    const from = { address: addressOf(socket), port: remotePort };
    const caller = edge.from.kind === 'edge' ? edge.from.caller : undefined;
    return proxyHeader({ from, to: { address: localAddress.replace(/^::ffff:/, ''), port: localPort }, caller });
  }

  onGone(): void {
    this.#failAttempt('no-instance-reachable');
  }

  onDeadline(): void {
    if (this.#tunnel === undefined) {
      this.#connection?.destroy();
      const { way, runtime } = this.#options;
      const why = `no connection within ${way.policy.timeout.connectMs} ms`;
      this.#trail.decided('traffic.timeout.connect', why, runtime.now(), this.#endpoint);
      this.#failAttempt('connect-timeout');
      return;
    }
    this.deadlineAt = this.#tunnel.deadlineAt;
    if (this.deadlineAt <= this.#options.runtime.now()) this.#tunnel.onDeadline();
  }

  onRaw(): void {}

  onRawEnd(): void {}

  onDrain(): void {}

  #choose(): void {
    const { service, edge, way, runtime } = this.#options;
    const now = runtime.now();
    const tried = { failed: this.#failed, refused: this.#failed, ended: [] };
    const meant = tried.failed.length > 0 ? undefined : meantFor(service, NO_FIELDS, undefined);
    const { balance } = way.policy;
    const client = edge.from.kind === 'edge' ? edge.from.caller : '';
    const hash = balanceHash(balance, { passed: '', target: '', client });
    const unstuck = { idempotent: false, stuckTo: undefined };
    const endpoint = pickEndpoint(service, tried, { now, dice: runtime.dice, balance, meant, hash, ...unstuck });
    if (endpoint === undefined) {
      this.#giveUp(this.#failed.length > 0 ? 'no-instance-reachable' : 'no-ready-instance');
      return;
    }
    if (isWarm(service, endpoint)) this.#trail.decided('rollout.bake', warmText(service, endpoint), now, endpoint);
    this.#endpoint = endpoint;
    endpoint.counts.requests++;
    endpoint.counts.inFlight++;
    this.#trail.tryBegins(endpoint, now, { probe: false });
    this.deadlineAt = now + way.policy.timeout.connectMs;
    this.#connection = endpoint.connect({ now, once: true, fresh: true });
    this.#connection.useRaw(this);
  }

  #failAttempt(code: ProxyErrorCode): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined || this.#over) return;
    endpoint.counts.error(code);
    this.#trail.tryCameTo(code);
    const now = this.#options.runtime.now();
    // One that does not take it in time is there all the same.
    if (code === 'connect-timeout') endpoint.avoid(now + LIMITS.avoidRefusedMs);
    else endpoint.refused(now);
    this.#failed.push(endpoint);
    this.#endAttempt();
    this.#choose();
  }

  #giveUp(code: ProxyErrorCode): void {
    this.#options.edge.counts.error(code);
    this.#trail.failed(code, { isSent: false });
    this.#end();
    this.socket.resetAndDestroy();
  }

  #onClientGone(): void {
    if (this.#tunnel !== undefined) this.#tunnel.onClientGone();
    else this.#connection?.destroy();
    this.#end();
    this.#options.onClose(this);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    const { edge, way, runtime } = this.#options;
    if (this.#hasPlace) way.bulkhead.closeTunnel();
    this.#endAttempt();
    runtime.deadlines.delete(this);
    edge.counts.latency(runtime.now() - this.#startedAt);
    edge.counts.inFlight--;
    runtime.stats.inFlight--;
    this.#trail.bytesIn = this.socket.bytesRead;
    this.#trail.bytesOut = this.socket.bytesWritten;
    runtime.recorder.end(this.#trail, runtime.now());
  }

  #endAttempt(): void {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    this.#connection = undefined;
    if (endpoint === undefined) return;
    this.#trail.tryEnds(this.#options.runtime.now());
    endpoint.end(this);
    this.#options.settle(endpoint);
  }
}

/** A connection that is not looked at goes by the weights alone. */
const NO_FIELDS = { header: () => undefined, cookie: () => undefined, host: () => undefined };
