import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Listener } from '@islet/policy';
import { type Accepted, addressOf, type Incoming, type Surroundings } from './client/accepted.ts';
import { ClientConnection } from './client/client-connection.ts';
import { Greeting, type Spoken } from './client/greeting.ts';
import { endOf, Handshake } from './client/handshake.ts';
import { Http2Connection } from './client/http2-connection.ts';
import { Passthrough } from './client/passthrough.ts';
import type { ListenerRules } from './client/rules.ts';
import type { ProxyErrorCode } from './errors.ts';
import { LIMITS } from './limits.ts';
import { noteRefusal } from './record/refusal.ts';
import type { Runtime } from './runtime.ts';
import { Terminator } from './tls/terminator.ts';
import type { EndpointState } from './upstream/endpoint.ts';

/**
 * Who else listens on the same ports: nobody; or other threads, which come after this one, or for which this one has opened those
 * that `open` names. The first sees to it that no other program has a port: those that share one would not be told of it.
 */
export type PortSharing =
  | { readonly kind: 'alone' }
  | { readonly kind: 'first' }
  | { readonly kind: 'other'; readonly open: ReadonlySet<string> };

export interface ListenOptions {
  readonly runtime: Runtime;
  readonly sharing: () => PortSharing;
  /** Connections that it may have; the rest waits in the kernel. */
  readonly clients: () => number;
  readonly settle: (endpoint: EndpointState) => void;
}

/** One open (or not yet open) listener. Its rules are replaced by each table; its connections stay. */
export class OpenListener {
  #rules: ListenerRules;
  #terminator: Terminator | undefined;
  readonly #listener: Listener;
  readonly #options: ListenOptions;
  readonly #connections = new Set<Accepted>();
  /** By their other ends. */
  readonly #handshakes = new Map<string, Handshake>();
  readonly #surroundings: Surroundings;
  #server: Server | undefined;
  #problem: string | undefined;
  #closed = false;
  /** Until then, connections may ask once more. */
  #graceUntil = 0;

  constructor(listener: Listener, rules: ListenerRules, options: ListenOptions) {
    this.#listener = listener;
    this.#rules = rules;
    this.#options = options;
    const { runtime, settle } = options;
    const onClose = (it: Accepted) => void this.#connections.delete(it);
    this.#surroundings = { runtime, settle, rules: () => this.#rules, onClose };
  }

  /** Why it could not be opened, and what is wrong with its certificates. */
  get problems(): readonly string[] {
    const certificates = this.#terminator?.problems(Date.now()) ?? [];
    return this.#problem === undefined ? certificates : [this.#problem, ...certificates];
  }

  /** Returns when the certificates of these rules are loaded, or known to be unusable. */
  async follow(rules: ListenerRules): Promise<void> {
    const files = rules.secure?.certificates ?? [];
    if (files.length > 0) {
      this.#terminator ??= new Terminator((socket) => this.#onSecure(socket));
      await this.#terminator.use(files);
    } else this.#dropTerminator();
    this.#rules = rules;
  }

  get isOpen(): boolean {
    return this.#server?.listening === true;
  }

  /** Whether threads can share it: a Unix socket has one listener. */
  get isShareable(): boolean {
    return this.#listener.kind !== 'operator';
  }

  /** Opens its port anew, shared or not; its connections stay. A connection that comes in that instant is refused. */
  async reopen(): Promise<void> {
    const server = this.#server;
    if (!this.isShareable || !server?.listening) return;
    this.#server = undefined;
    server.close();
    await this.open();
  }

  /** Opens it where it is not open yet, and is to be; a failure becomes its `problem`. */
  async open(): Promise<void> {
    const sharing = this.#options.sharing();
    if (this.#server !== undefined || (sharing.kind === 'other' && !sharing.open.has(listenerKey(this.#listener))))
      return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    try {
      await bind(server, this.#listener, sharing);
      this.#problem = undefined;
      if (this.#closed) server.close();
    } catch (thrown) {
      this.#server = undefined;
      this.#problem = `${describe(this.#listener)}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    }
  }

  /** Takes no more connections; each of those that are open ends after the request that it is at, or within the grace if it is at none. */
  close({ graceMs }: { readonly graceMs: number }): void {
    this.#closed = true;
    this.#graceUntil = this.#options.runtime.now() + graceMs;
    this.#server?.close();
    this.#dropTerminator();
    for (const connection of this.#connections) connection.endWhenIdle(graceMs);
  }

  get connections(): number {
    return this.#connections.size;
  }

  destroyAll(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  #accept(socket: Socket): void {
    // Not counted by the server: it forgets those whose sockets are replaced.
    if (this.#connections.size >= this.#options.clients()) {
      socket.destroy();
      return;
    }
    const passed = this.#rules.passthrough;
    const { runtime, onClose } = this.#surroundings;
    if (passed !== undefined) {
      this.#connections.add(new Passthrough({ ...this.#options, socket, onClose, ...passed }));
      return;
    }
    const takesTls = () => this.#terminator !== undefined;
    const peer = addressOf(socket);
    const isPassedOn = this.#rules.isPassedOnBy(peer);
    const onSpoken = (spoken: Spoken, client = peer) => {
      if (spoken === 'tls') this.#shakeHands(socket, client);
      else this.#serve(spoken, { socket, secure: false, clientAddress: client });
    };
    const onRefused = () => this.#noteRefusal('not-passed-on', peer);
    this.#connections.add(new Greeting({ socket, runtime, takesTls, isPassedOn, onClose, onSpoken, onRefused }));
  }

  #shakeHands(socket: Socket, clientAddress: string): void {
    const onOver = (it: Handshake, { done }: { readonly done: boolean }) => {
      this.#connections.delete(it);
      if (this.#handshakes.get(it.end) === it) this.#handshakes.delete(it.end);
      if (!done) this.#noteRefusal('handshake-unfinished', it.clientAddress);
    };
    const [oldest] = this.#handshakes.values();
    if (this.#handshakes.size >= LIMITS.tlsHandshakes) oldest?.socket.destroy();
    const handshake = new Handshake({ socket, clientAddress, onOver });
    this.#connections.add(handshake);
    this.#handshakes.set(handshake.end, handshake);
    this.#terminator?.accept(socket);
  }

  /** Of a connection on which nothing was asked. */
  #noteRefusal(code: ProxyErrorCode, clientAddress: string): void {
    const edge = this.#rules.ownEdge;
    edge.counts.error(code);
    noteRefusal({ edge, clientAddress, protocol: 'tcp' }, code, this.#options.runtime);
  }

  #onSecure(socket: TLSSocket): void {
    const handshake = this.#handshakes.get(endOf(socket));
    const clientAddress = handshake?.clientAddress ?? addressOf(socket);
    handshake?.done();
    this.#serve(socket.alpnProtocol === 'h2' ? 'http2' : 'http1', { socket, secure: true, clientAddress });
  }

  #serve(spoken: 'http1' | 'http2', incoming: Incoming): void {
    const Connection = spoken === 'http2' ? Http2Connection : ClientConnection;
    const connection = new Connection(incoming, this.#surroundings);
    this.#connections.add(connection);
    if (this.#closed) connection.endWhenIdle(Math.max(0, this.#graceUntil - this.#options.runtime.now()));
  }

  #dropTerminator(): void {
    this.#terminator?.close();
    this.#terminator = undefined;
  }
}

/** What makes two listeners the same one. Who calls over an edge is part of it; the routes of a gateway are not. */
export function listenerKey(listener: Listener): string {
  switch (listener.kind) {
    case 'gateway':
      return `gateway ${listener.host} ${listener.port}`;
    case 'edge':
      return `edge ${listener.host} ${listener.port} ${listener.caller} ${listener.service}`;
    case 'operator':
      return `operator ${listener.path}`;
  }
}

function describe(listener: Listener): string {
  switch (listener.kind) {
    case 'gateway':
      return `the gateway can't listen on ${listener.host}:${listener.port}`;
    case 'edge':
      return `${listener.caller} can't reach ${listener.service} on ${listener.host}:${listener.port}`;
    case 'operator':
      return `the operator's socket ${listener.path} can't be opened`;
  }
}

async function bind(server: Server, listener: Listener, { kind }: PortSharing): Promise<void> {
  if (listener.kind !== 'operator') {
    const { host, port } = listener;
    if (kind === 'first') await proveFree({ host, port });
    await listening(server, { host, port, reusePort: kind !== 'alone' });
    return;
  }
  // Only one proxy runs per state, so whatever socket is there was left by a dead one.
  await rm(listener.path, { force: true });
  await listening(server, { path: listener.path });
  await chmod(listener.path, 0o600);
}

/** A port that is to be shared by our threads must be no other program's, which might share it too. */
async function proveFree(where: { host: string; port: number }): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await listening(server, where);
  server.close();
}

function listening(server: Server, where: ListenWhere): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      // A failed accept (no file descriptor left) costs that connection, not the listener.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

type ListenWhere = { host: string; port: number; reusePort?: boolean } | { path: string };
