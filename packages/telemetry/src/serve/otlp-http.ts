import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Intake, MESSAGE_BYTES, OTLP_SIGNALS, type OtlpSignal, type Receipt } from '../otlp/intake.ts';

/**
 * OTLP over HTTP/1.1, as its specification says it: POST to `/v1/traces`, `/v1/logs`, `/v1/metrics`, in protobuf or JSON.
 */
export function serveOtlpHttp(intake: Intake): Server {
  const server = createServer((request, response) => {
    answer(request, response, intake).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.requestTimeout = 30_000;
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, intake: Intake): Promise<void> {
  const signal = signalOf(request.url ?? '');
  if (signal === undefined) return refuse(response, 404, 'there are /v1/traces, /v1/logs and /v1/metrics');
  if (request.method !== 'POST') return refuse(response, 405, 'telemetry is sent by POST');
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  const encoding = type === 'application/json' ? 'json' : type === 'application/x-protobuf' ? 'protobuf' : undefined;
  if (encoding === undefined) return refuse(response, 415, 'write application/x-protobuf or application/json');
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, `a message has at most ${MESSAGE_BYTES} bytes`);
  const { authorization, 'content-encoding': coding } = request.headers;
  const receipt = intake.take({ signal, encoding, isGzip: coding === 'gzip', body, authorization });
  send(response, receipt, encoding, signal);
}

function signalOf(url: string): OtlpSignal | undefined {
  return OTLP_SIGNALS.find((signal) => url === `/v1/${signal}`);
}

function send(response: ServerResponse, receipt: Receipt, encoding: 'json' | 'protobuf', signal: OtlpSignal): void {
  switch (receipt.kind) {
    case 'unknown-sender':
      refuse(response, 401, UNKNOWN_SENDER);
      break;
    case 'malformed':
      refuse(response, 400, receipt.why);
      break;
    case 'taken': {
      const partial = receipt.rejected === 0 ? {} : { partialSuccess: { [REJECTED[signal]]: receipt.rejected } };
      const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
      response.writeHead(200, { 'content-type': type });
      response.end(encoding === 'json' ? JSON.stringify(partial) : '');
    }
  }
}

export const UNKNOWN_SENDER =
  'who sends this is not known: an instance is given its token in OTEL_EXPORTER_OTLP_HEADERS, which must not be changed';

const REJECTED = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
} as const satisfies Record<OtlpSignal, string>;

/** In JSON, whatever was asked in: a person reads it in the agent's log. */
function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MESSAGE_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
