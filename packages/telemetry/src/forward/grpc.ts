import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import type { ForwardSignal } from '@islet/spec';
import { ANSWER_BYTES, type Backend, type Transport, whyOf } from './transport.ts';
import type { Outcome } from './verdict.ts';

const METHODS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
} as const satisfies Record<ForwardSignal, string>;
const PREFIX_BYTES = 5;

/** Three unary calls need no library of gRPC, as in `serve/otlp-grpc.ts`. */
export function grpcTransport({ url, headers, timeoutMs, ca }: Backend): Transport {
  let session: ClientHttp2Session | undefined;
  const open = () => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connect(url, ca === undefined ? {} : { ca });
    // Each call hears of it by itself.
    session.on('error', () => undefined);
    session.unref();
    return session;
  };
  return {
    send: async (signal, { body, isGzip }, gone) => {
      try {
        const prefix = Buffer.alloc(PREFIX_BYTES);
        prefix[0] = isGzip ? 1 : 0;
        prefix.writeUInt32BE(body.length, 1);
        const head: OutgoingHttpHeaders = {
          ...headers,
          ':method': 'POST',
          ':path': METHODS[signal],
          'content-type': 'application/grpc',
          te: 'trailers',
          'grpc-timeout': `${timeoutMs}m`,
          ...(isGzip && { 'grpc-encoding': 'gzip' }),
        };
        const deadline = AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)]);
        return await call(open(), head, Buffer.concat([prefix, body]), deadline);
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
