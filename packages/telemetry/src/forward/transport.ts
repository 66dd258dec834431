import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ForwardSignal, ForwardSpec } from '@islet/spec';
import type { Outcome } from './verdict.ts';

const compress = promisify(gzip);
/** Of an answer; what says more than that is not read. */
const ANSWER_BYTES = 64 * 1024;

/** A backend with all that is needed to speak to it: headers have their values. */
export type Backend = Omit<ForwardSpec, 'headers' | 'signals'> & { readonly headers: Readonly<Record<string, string>> };

/** The way to one backend. It never throws: that nobody is reached is an outcome. */
export interface Transport {
  send(signal: ForwardSignal, body: Uint8Array, gone: AbortSignal): Promise<Outcome>;
  close(): void;
}

export function transportTo(backend: Backend): Transport {
  return backend.protocol === 'grpc' ? grpcTransport(backend) : httpTransport(backend);
}

function httpTransport({ url, headers, compression, timeoutMs }: Backend): Transport {
  const base = url.replace(/\/+$/, '');
  return {
    send: async (signal, body, gone) => {
      try {
        const response = await fetch(`${base}/v1/${signal}`, {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/x-protobuf',
            ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
          },
          body: compression === 'gzip' ? await compress(body) : Buffer.from(body),
          // A header that names us is for the backend that was named, and for no other.
          redirect: 'manual',
          signal: AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)]),
        });
        const answer = await readAnswer(response);
        const retryAfter = response.headers.get('retry-after') ?? undefined;
        return { kind: 'http', status: response.status, retryAfter, body: answer };
      } catch (error) {
        return { kind: 'unreached', why: whyOf(error, timeoutMs) };
      }
    },
    close: () => undefined,
  };
}

async function readAnswer({ body, headers }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES) break;
    chunks.push(chunk);
  }
  // We asked in protobuf, so a page in HTML says nothing to us.
  return headers.get('content-type')?.startsWith('application/x-protobuf') ? Buffer.concat(chunks) : Buffer.alloc(0);
}

const METHODS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
} as const satisfies Record<ForwardSignal, string>;
const PREFIX_BYTES = 5;

/** Three unary calls need no library of gRPC, as in `serve/otlp-grpc.ts`. */
function grpcTransport({ url, headers, compression, timeoutMs }: Backend): Transport {
  let session: ClientHttp2Session | undefined;
  const open = () => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connect(url);
    // Each call hears of it by itself.
    session.on('error', () => undefined);
    session.unref();
    return session;
  };
  return {
    send: async (signal, body, gone) => {
      try {
        const packed = compression === 'gzip' ? await compress(body) : body;
        const prefix = Buffer.alloc(PREFIX_BYTES);
        prefix[0] = compression === 'gzip' ? 1 : 0;
        prefix.writeUInt32BE(packed.length, 1);
        const head: OutgoingHttpHeaders = {
          ...headers,
          ':method': 'POST',
          ':path': METHODS[signal],
          'content-type': 'application/grpc',
          te: 'trailers',
          'grpc-timeout': `${timeoutMs}m`,
          ...(compression === 'gzip' && { 'grpc-encoding': 'gzip' }),
        };
        const deadline = AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)]);
        return await call(open(), head, Buffer.concat([prefix, packed]), deadline);
      } catch (error) {
        // A connection that hangs is no use to the next call.
        session?.destroy();
        return { kind: 'unreached', why: whyOf(error, timeoutMs) };
      }
    },
    close: () => session?.destroy(),
  };
}

function call(
  session: ClientHttp2Session,
  head: OutgoingHttpHeaders,
  body: Buffer,
  signal: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stream = session.request(head, { signal });
    const chunks: Buffer[] = [];
    let length = 0;
    let status = 0;
    let told: Readonly<Record<string, unknown>> = {};
    session.once('error', reject);
    stream.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    stream.on('response', (headers) => {
      status = Number(headers[constants.HTTP2_HEADER_STATUS]);
      told = headers;
    });
    stream.on('trailers', (trailers) => {
      told = { ...told, ...trailers };
    });
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= ANSWER_BYTES) chunks.push(chunk);
    });
    stream.on('close', () => {
      session.off('error', reject);
      if (status === 0) reject(new Error('it ended the call without an answer'));
      else resolve(outcomeOf(status, told, Buffer.concat(chunks)));
    });
    stream.end(body);
  });
}

/** What speaks HTTP/2 and no gRPC is told apart by its status. */
function outcomeOf(status: number, told: Readonly<Record<string, unknown>>, body: Buffer): Outcome {
  const code = told['grpc-status'];
  if (code === undefined)
    return { kind: 'http', status: status === 200 ? 502 : status, retryAfter: undefined, body: Buffer.alloc(0) };
  const details = told['grpc-status-details-bin'];
  return {
    kind: 'grpc',
    status: Number(code),
    message: decoded(String(told['grpc-message'] ?? '')),
    details: typeof details === 'string' ? details : undefined,
    // A compressed answer is left unread: it could only say that a part was rejected.
    body: body[0] === 0 ? body.subarray(PREFIX_BYTES) : Buffer.alloc(0),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `fetch` hides what happened behind "fetch failed". */
function whyOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error & { readonly cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return `it does not answer within ${timeoutMs} ms`;
  const reason = cause?.code ?? cause?.message ?? (error as NodeJS.ErrnoException).code ?? message;
  return REASONS[reason] ?? reason;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it broke off the connection',
  UND_ERR_SOCKET: 'it broke off the connection',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name can not be looked up now',
  EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
};
