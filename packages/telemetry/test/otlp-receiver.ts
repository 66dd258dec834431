import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createHttp2,
  createSecureServer as createHttp2Secure,
  type IncomingHttpHeaders as Http2Headers,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ForwardSignal } from '@islet/spec';
import { protobuf } from '../src/otlp/protobuf.ts';

/** How it answers one message. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface Received {
  readonly signal: ForwardSignal;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** In PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A backend that speaks OTLP, over HTTP or gRPC, and answers as it is told to. */
export class Receiver {
  readonly received: Received[] = [];
  /** Of the messages to come; after the last one all are taken. `hang`: it never answers. */
  answers: (Answer | 'hang')[] = [];
  #server: Server | Http2Server | Http2SecureServer;
  readonly #protocol: 'http' | 'grpc';
  readonly #identity: Identity | undefined;
  #port = 0;
  readonly #open = new Set<{ destroy(): void }>();

  private constructor(protocol: 'http' | 'grpc', identity: Identity | undefined) {
    this.#protocol = protocol;
    this.#identity = identity;
    this.#server = this.#make();
  }

  /** With an identity it speaks TLS. */
  static async start(t: TestContext, protocol: 'http' | 'grpc' = 'http', identity?: Identity): Promise<Receiver> {
    const receiver = new Receiver(protocol, identity);
    await receiver.open();
    t.after(() => receiver.close());
    return receiver;
  }

  get url(): string {
    return this.#identity === undefined ? `http://127.0.0.1:${this.#port}` : `https://localhost:${this.#port}`;
  }

  /** On the port that it had before. */
  async open(): Promise<void> {
    this.#server = this.#make();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#open) connection.destroy();
    await closed;
  }

  /** Names of spans and texts of logs, in the order of arrival. */
  names(signal: 'traces' | 'logs'): readonly string[] {
    return this.received
      .filter((one) => one.signal === signal)
      .flatMap(({ body }) =>
        signal === 'traces'
          ? protobuf.spans(body).flatMap(({ items }) => items.map(({ name }) => name))
          : protobuf.logs(body).flatMap(({ items }) => items.map((log) => log.body)),
      );
  }

  #make(): Server | Http2Server | Http2SecureServer {
    if (this.#protocol === 'http') {
      const answerTo = (request: IncomingMessage, response: ServerResponse) => {
        void this.#http(request).then((answer) => {
          if (answer === 'hang') return;
          const type = { 'content-type': 'application/x-protobuf' };
          response.writeHead(answer.status, { ...type, ...answer.headers }).end(answer.body);
        });
      };
      const server = this.#identity === undefined ? createHttp(answerTo) : createHttps(this.#identity, answerTo);
      server.on('connection', (socket) => this.#open.add(socket));
      return server;
    }
    const server = this.#identity === undefined ? createHttp2() : createHttp2Secure(this.#identity);
    server.on('session', (session) => this.#open.add(session));
    server.on('stream', (stream, headers) => void this.#grpc(stream, headers));
    return server;
  }

  async #http(request: IncomingMessage): Promise<Answer | 'hang'> {
    const sent = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const signal = (request.url ?? '').split('/').at(-1) as ForwardSignal;
    return this.#take({ signal, headers: request.headers, body });
  }

  async #grpc(stream: ServerHttp2Stream, headers: Http2Headers): Promise<void> {
    stream.on('error', () => undefined);
    const sent = await buffer(stream).catch(() => undefined);
    if (sent === undefined) return;
    const message = sent.subarray(5, 5 + sent.readUInt32BE(1));
    const body = sent[0] === 1 ? gunzipSync(message) : message;
    const signal = GRPC[/collector\.(\w+)\./.exec(headers[':path'] ?? '')?.[1] ?? ''];
    if (signal === undefined) throw new Error(`no such method: ${headers[':path']}`);
    const answer = this.#take({ signal, headers, body });
    if (answer === 'hang') return;
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    const told = { 'grpc-status': String(answer.status), ...answer.headers };
    if (answer.status !== 0) return void stream.respond({ ...head, ...told }, { endStream: true });
    stream.respond(head, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(told));
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(answer.body?.length ?? 0, 1);
    stream.end(Buffer.concat([prefix, answer.body ?? Buffer.alloc(0)]));
  }

  #take(one: Received): Answer | 'hang' {
    const answer = this.answers.shift() ?? { status: this.#protocol === 'http' ? 200 : 0 };
    if (answer !== 'hang' && (answer.status === 200 || answer.status === 0)) this.received.push(one);
    return answer;
  }
}

const GRPC: Readonly<Record<string, ForwardSignal>> = { trace: 'traces', logs: 'logs', metrics: 'metrics' };
