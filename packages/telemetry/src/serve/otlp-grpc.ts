import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type Intake, MESSAGE_BYTES, type OtlpSignal, type Receipt } from '../otlp/intake.ts';
import { UNKNOWN_SENDER } from './otlp-http.ts';

/**
 * OTLP over gRPC: three unary methods, whose answer is empty. That is an HTTP/2 request with five bytes before the message
 * and a status in the trailers, so no library of gRPC is needed for it.
 */
export function serveOtlpGrpc(intake: Intake): Http2Server {
  const server = createServer({ settings: { maxConcurrentStreams: 256 } });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.close());
    answer(stream, headers, intake).catch(() => end(stream, STATUS.internal, 'telemetry could not be taken'));
  });
  return server;
}

const METHODS: Readonly<Record<string, OtlpSignal>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
};

/** grpc/status.proto */
const STATUS = { ok: 0, invalid: 3, exhausted: 8, unimplemented: 12, internal: 13, unauthenticated: 16 } as const;
const PREFIX_BYTES = 5;

async function answer(
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  intake: Intake,
): Promise<void> {
  const signal = METHODS[String(headers[':path'])];
  if (signal === undefined) return end(stream, STATUS.unimplemented, 'no such method');
  const body = await readBody(stream);
  if (body === undefined) return end(stream, STATUS.exhausted, `a message has at most ${MESSAGE_BYTES} bytes`);
  if (body.length < PREFIX_BYTES || body.length < PREFIX_BYTES + body.readUInt32BE(1))
    return end(stream, STATUS.invalid, 'the message is shorter than it says');
  const isGzip = body[0] === 1;
  const message = body.subarray(PREFIX_BYTES, PREFIX_BYTES + body.readUInt32BE(1));
  const { authorization } = headers;
  const sender = typeof authorization === 'string' ? authorization : undefined;
  tell(stream, intake.take({ signal, encoding: 'protobuf', isGzip, body: message, authorization: sender }));
}

function tell(stream: ServerHttp2Stream, receipt: Receipt): void {
  switch (receipt.kind) {
    case 'unknown-sender':
      end(stream, STATUS.unauthenticated, UNKNOWN_SENDER);
      break;
    case 'malformed':
      end(stream, STATUS.invalid, receipt.why);
      break;
    case 'taken':
      end(stream, STATUS.ok, '', Buffer.alloc(PREFIX_BYTES));
      break;
  }
}

/** An answer with a message has its status behind it; one without may have it in its only headers. */
function end(stream: ServerHttp2Stream, status: number, message: string, body?: Buffer): void {
  if (stream.closed || stream.destroyed || stream.headersSent) return;
  const told = { 'grpc-status': String(status), 'grpc-message': encodeURIComponent(message) };
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (body === undefined) {
    stream.respond({ ...head, ...told }, { endStream: true });
    return;
  }
  stream.respond(head, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(told));
  stream.end(body);
}

async function readBody(stream: ServerHttp2Stream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MESSAGE_BYTES + PREFIX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
