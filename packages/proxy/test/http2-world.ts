import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Instance } from './world.ts';

export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** An instance that speaks HTTP/2 without TLS, on a port of its own. */
export async function http2Instance(
  t: TestContext,
  onStream: StreamHandler,
  settings: { maxConcurrentStreams?: number } = {},
): Promise<Instance & { goAway(): void }> {
  const server = createServer({ settings });
  const sockets = new Set<Socket>();
  const sessions = new Set<{ close(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kill = () => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  t.after(kill);
  const goAway = () => {
    for (const session of sessions) session.close();
  };
  return { port: (server.address() as AddressInfo).port, sockets, kill, goAway };
}

export async function http2Client(t: TestContext, port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  await once(session, 'connect');
  return session;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
  /** The code of the reset, 0 where the stream ended in order. */
  readonly reset: number;
  /** The head was all of it. */
  readonly headOnly: boolean;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

/** Sends one request, and gives back all that comes of it. */
export function ask(session: ClientHttp2Session, path: string, sent: Sent = {}): Promise<Answer> {
  return answerOf(begin(session, path, sent), sent.body ?? '');
}

export function begin(session: ClientHttp2Session, path: string, { method, headers, body }: Sent = {}) {
  const head = { ':path': path, ':method': method ?? (body === undefined ? 'GET' : 'POST'), ...headers };
  return session.request(head, { endStream: body === undefined && method !== 'POST' });
}

export function answerOf(stream: ClientHttp2Stream, body: string | Buffer | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let text = '';
    let headOnly = false;
    stream.on('response', (got, flags) => {
      headers = got;
      headOnly = (flags & 1) !== 0;
    });
    stream.on('trailers', (got) => {
      trailers = got;
    });
    stream.setEncoding('latin1');
    stream.on('data', (data: string) => {
      text += data;
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      const { rstCode: reset = 0 } = stream;
      const status = headers[':status'] === undefined ? undefined : Number(headers[':status']);
      resolve({ status, headers, trailers, body: text, reset, headOnly });
    });
    if (body !== undefined && stream.writable) stream.end(body);
  });
}

export const GRPC = { 'content-type': 'application/grpc', te: 'trailers' } as const;

/** One gRPC message as it stands in a body. */
export function grpcMessageOf(text: string): string {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]).toString('latin1');
}

/** Answers a gRPC call with one message and a status. */
export function answerCall(stream: ServerHttp2Stream, message: string, status = 0): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
  stream.end(Buffer.from(grpcMessageOf(message), 'latin1'));
}

/** Answers a gRPC call with nothing but a status. */
export function refuseCall(stream: ServerHttp2Stream, status: number, fields: Record<string, string> = {}): void {
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status), ...fields },
    { endStream: true },
  );
}
