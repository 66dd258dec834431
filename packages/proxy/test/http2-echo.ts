import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  createServer as createHttp2,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Session } from '../src/http2/session.ts';
import { SESSION_LIMITS } from '../src/http2/session-options.ts';
import type { SessionUser } from '../src/http2/session-user.ts';
import type { SessionStream, StreamUser } from '../src/http2/stream.ts';

/* Servers that answer with what they were asked, and clients that ask: of ours and of the runtime's codec. */

export interface Asked {
  readonly fields: readonly string[];
  readonly body: readonly Buffer[];
  readonly trailers: readonly string[];
  /** Breaks off when so many bytes of the answer have come. */
  readonly resetAt: number | undefined;
}

/** What came back; undefined: it was broken off. */
export type Echoed = Pick<Asked, 'fields' | 'trailers'> & { readonly body: string };

export interface Client {
  ask(asked: Asked): Promise<Echoed | undefined>;
}

export interface Tuning {
  readonly windowBytes: number;
  readonly padded: boolean;
}

/** Of a head: what the test has put there. */
const ownFields = (raw: readonly string[]) => raw.filter((_, at) => raw[at - (at % 2)]?.startsWith('x-') === true);
const REQUEST = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'h'];

function tuned(role: 'server' | 'client', { windowBytes }: Tuning) {
  const connectionWindowBytes = Math.max(65_535, 2 * windowBytes);
  return { ...SESSION_LIMITS[role], windowBytes, wideWindowBytes: 4 * windowBytes, connectionWindowBytes };
}

const QUIET: Omit<SessionUser, 'onStream' | 'onClose'> = {
  onStreamEnd: () => undefined,
  onSettings: () => undefined,
  onGoaway: () => undefined,
};

function drive(socket: Socket, session: Session): void {
  socket.on('data', (bytes) => session.read(bytes));
  socket.on('drain', () => session.onDrain());
  socket.on('close', () => session.onSocketClose());
  socket.on('error', () => socket.destroy());
}

/** Returns its port. `onBroken` is called for what should never be. */
export async function ourServer(t: TestContext, tuning: Tuning, onBroken: (cause: unknown) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    const onClose = (cause: unknown) => cause !== undefined && onBroken(cause);
    const user: SessionUser = { ...QUIET, onStream: (stream) => new EchoUser(stream), onClose };
    const now = () => performance.now();
    drive(socket, new Session({ role: 'server', socket, user, now, limits: tuned('server', tuning) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

class EchoUser implements StreamUser {
  readonly #stream: SessionStream;

  constructor(stream: SessionStream) {
    this.#stream = stream;
  }

  onHead(raw: readonly string[], ended: boolean): void {
    this.#stream.head([':status', '103', 'x-early', 'hint'], false);
    this.#stream.head([':status', '200', ...ownFields(raw)], ended);
  }

  onHeadTooLarge(): void {
    this.#stream.reset(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  onData(bytes: Buffer): void {
    if (!this.#stream.data(bytes)) this.#stream.pause();
  }

  onEnd(trailers: readonly string[]): void {
    this.#stream.end(trailers);
  }

  onSilent(): void {}

  onDrain(): void {
    this.#stream.resume();
  }

  onClose(): void {
    // Nothing is kept.
  }
}

export async function ourClient(
  t: TestContext,
  port: number,
  tuning: Tuning,
  onBroken: (cause: unknown) => void,
): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  t.after(() => socket.destroy());
  const onStream = () => {
    throw new Error('a server begins no stream');
  };
  const onClose = (cause: unknown) => cause !== undefined && onBroken(cause);
  const now = () => performance.now();
  const session = new Session({
    role: 'client',
    socket,
    user: { ...QUIET, onStream, onClose },
    now,
    limits: tuned('client', tuning),
  });
  drive(socket, session);
  return { ask: (asked) => new Promise((resolve) => new Asker(asked, resolve).begin(session)) };
}

class Asker implements StreamUser {
  readonly #asked: Asked;
  readonly #resolve: (echoed: Echoed | undefined) => void;
  #stream: SessionStream | undefined;
  #next = 0;
  #fields: readonly string[] = [];
  #trailers: readonly string[] = [];
  #body = '';

  constructor(asked: Asked, resolve: (echoed: Echoed | undefined) => void) {
    this.#asked = asked;
    this.#resolve = resolve;
  }

  begin(session: Session): void {
    this.#stream = session.open(this, [...REQUEST, ...this.#asked.fields], false);
    this.#push();
  }

  onHead(raw: readonly string[]): void {
    if (raw[1] === '200') this.#fields = ownFields(raw);
  }

  onHeadTooLarge(): void {
    this.#stream?.reset(constants.NGHTTP2_CANCEL);
  }

  onData(bytes: Buffer): void {
    this.#body += bytes.toString('latin1');
    const { resetAt } = this.#asked;
    if (resetAt !== undefined && this.#body.length >= resetAt) this.#stream?.reset(constants.NGHTTP2_CANCEL);
  }

  onEnd(trailers: readonly string[]): void {
    this.#trailers = trailers;
  }

  onSilent(): void {}

  onDrain(): void {
    this.#push();
  }

  onClose(code: number | undefined): void {
    const echoed = { fields: this.#fields, body: this.#body, trailers: this.#trailers };
    this.#resolve(code === undefined ? echoed : undefined);
  }

  #push(): void {
    const { body, trailers } = this.#asked;
    while (this.#next < body.length) {
      const more = this.#stream?.data(body[this.#next++] ?? Buffer.alloc(0));
      if (more === false) return;
    }
    this.#stream?.end(trailers);
  }
}

export async function theirServer(t: TestContext, { windowBytes, padded }: Tuning): Promise<number> {
  const server = createHttp2({ settings: { initialWindowSize: windowBytes }, paddingStrategy: padding(padded) });
  server.on('stream', (stream, _, __, raw) => echo(stream, raw));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

function echo(stream: ServerHttp2Stream, raw: readonly string[]): void {
  let trailers: readonly string[] = [];
  stream.on('error', () => undefined);
  stream.on('trailers', (_, __, came: readonly string[] = []) => {
    trailers = came;
  });
  stream.additionalHeaders({ ':status': 103, 'x-early': 'hint' });
  stream.respond([':status', '200', ...ownFields(raw)], { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(byName(trailers)));
  stream.pipe(stream);
}

export async function theirClient(t: TestContext, port: number, { windowBytes, padded }: Tuning): Promise<Client> {
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: windowBytes },
    paddingStrategy: padding(padded),
  });
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  await once(session, 'connect');
  return { ask: (asked) => askThem(session, asked) };
}

function askThem(session: ClientHttp2Session, { fields, body, trailers, resetAt }: Asked): Promise<Echoed | undefined> {
  const stream = session.request([...REQUEST, ...fields], { waitForTrailers: true, endStream: false });
  const echoed = { fields: [] as readonly string[], body: '', trailers: [] as readonly string[] };
  stream.on('wantTrailers', () => stream.sendTrailers(byName(trailers)));
  stream.on('response', (_, __, raw: readonly string[] = []) => {
    echoed.fields = ownFields(raw);
  });
  stream.on('trailers', (_, __, raw: readonly string[] = []) => {
    echoed.trailers = raw;
  });
  stream.on('data', (bytes: Buffer) => {
    echoed.body += bytes.toString('latin1');
    if (resetAt !== undefined && echoed.body.length >= resetAt) stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on('error', () => undefined);
  for (const bytes of body) stream.write(bytes);
  stream.end();
  return new Promise((resolve) => {
    stream.on('close', () => resolve(stream.rstCode === 0 ? echoed : undefined));
  });
}

function byName(raw: readonly string[]): Record<string, string> {
  return Object.fromEntries(raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : [])));
}

function padding(padded: boolean): number {
  return padded ? constants.PADDING_STRATEGY_MAX : constants.PADDING_STRATEGY_NONE;
}
