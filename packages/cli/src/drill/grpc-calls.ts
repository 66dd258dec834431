import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';

/** An empty message: uncompressed, of length 0 (gRPC over HTTP/2, Length-Prefixed-Message). */
const EMPTY = Buffer.alloc(5);

/**
 * Statuses that stand for a 5xx: unknown, deadline exceeded, internal, unavailable, data loss. All others are the service's
 * word on what it was asked, "unimplemented" included: nobody has to have what the load asks for.
 */
const FAILURES: ReadonlySet<string> = new Set(['2', '4', '13', '14', '15']);

interface Where {
  /** A Unix socket on which HTTP/2 is spoken without TLS. */
  readonly socket: string;
  readonly service: string;
  readonly timeoutMs: number;
}

/** Unary calls of empty messages. */
export class GrpcCalls {
  readonly #where: Where;
  #session: ClientHttp2Session | undefined;

  constructor(where: Where) {
    this.#where = where;
  }

  /** Whether it was answered, and by no failure of the service. Never rejects. */
  call(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      const session = this.#open();
      const signal = AbortSignal.timeout(this.#where.timeoutMs);
      const fields = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
      const stream = session.request(fields, { signal });
      let status: string | undefined;
      const note = (told: { readonly 'grpc-status'?: unknown }) => {
        if (told['grpc-status'] !== undefined) status = String(told['grpc-status']);
      };
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('error', () => undefined);
      stream.on('close', () => resolve(status !== undefined && !FAILURES.has(status)));
      stream.resume();
      stream.end(EMPTY);
    });
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    const { socket, service } = this.#where;
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect(`http://${service}`, { createConnection: () => connectSocket(socket) });
    // Its calls end with it, and say so.
    session.on('error', () => undefined);
    this.#session = session;
    return session;
  }
}
