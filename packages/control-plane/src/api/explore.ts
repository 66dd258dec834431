import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { ApiError, type ServiceReply } from '@islet/client';
import { readContractFile } from '../explore/contract-file.ts';
import { callGrpc } from '../explore/grpc-call.ts';
import { findMethod, methodsOf, readProto } from '../explore/proto.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

/** How long a call that a person makes may take. */
const CALL_MS = 30_000;
/** What of an answer is shown. */
const SHOWN_BYTES = 256 * 1024;

/** What the API explorer asks: what a service offers, and a call to it. */
export function exploreHandlers(
  { parts }: System,
  { wanted }: { readonly wanted: (service: string) => AppliedService },
): Pick<Handlers, 'contractOf' | 'callService'> {
  return {
    contractOf: async ({ params: { service = '' } }) => {
      const { api, folder } = wanted(service).spec;
      const { protocol, contract: file } = api;
      if (file === undefined) return { protocol };
      if (protocol === 'grpc') {
        const found = await readProto({ root: parts.folder, folder, file });
        if (found.kind === 'unreadable') return { protocol, file, problem: found.why };
        return { protocol, file, text: found.text, methods: [...methodsOf(found.root)] };
      }
      const found = await readContractFile(parts.folder, folder, file);
      if (found.kind === 'unreadable') return { protocol, file, problem: `${file} ${found.why}` };
      return { protocol, file, text: found.text };
    },
    callService: async ({ params: { service = '' }, body, signal }) => {
      const { spec } = wanted(service);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]);
      const calling =
        spec.api.protocol === 'grpc'
          ? callMethod(parts, spec, body, limit)
          : callThrough(parts.operatorSocket, service, body, limit);
      return await calling.catch((cause: unknown) => {
        if (cause instanceof ApiError) throw cause;
        // What protobufjs says of JSON that does not fit the message.
        if (cause instanceof TypeError) throw new ApiError('bad-request', cause.message);
        throw new ApiError('unavailable', `the call to ${service} failed: ${(cause as Error).message}`, { cause });
      });
    },
  };
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

async function callMethod(
  { folder: root, operatorSocket: socket }: System['parts'],
  { name: service, folder, api }: AppliedService['spec'],
  { path, headers, body = '{}' }: Asked,
  signal: AbortSignal,
): Promise<ServiceReply> {
  const file = api.contract ?? '';
  const found = await readProto({ root, folder, file });
  if (found.kind === 'unreadable') throw new ApiError('conflict', found.why);
  const method = findMethod(found.root, path);
  if (method === undefined) throw new ApiError('not-found', `${file} has no method ${path}`);
  const { trace, traceparent } = beginTrace();
  const began = performance.now();
  const reply = await callGrpc({
    socket,
    service,
    path,
    method,
    json: messageOf(body),
    signal,
    limitBytes: SHOWN_BYTES,
    headers: { ...lowerCased(headers), traceparent },
  });
  const { httpStatus, messages, grpcStatus, grpcMessage, cut } = reply;
  return {
    status: httpStatus,
    headers: reply.headers.map(([key, value]) => [key, value]),
    cut,
    trace,
    body: messages.length === 1 ? JSON.stringify(messages[0]) : JSON.stringify(messages),
    ms: performance.now() - began,
    grpc: {
      ...(grpcStatus === undefined ? {} : { status: grpcStatus }),
      ...(grpcMessage === undefined ? {} : { message: grpcMessage }),
    },
  };
}

function messageOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError('bad-request', 'the message is not JSON');
  }
}

function beginTrace(): { readonly trace: string; readonly traceparent: string } {
  const trace = randomBytes(16).toString('hex');
  return { trace, traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01` };
}

/** Over the operator's socket, as `islet call` does, and with a trace of its own to look at afterwards. */
async function callThrough(socket: string, service: string, asked: Asked, signal: AbortSignal): Promise<ServiceReply> {
  const { trace, traceparent } = beginTrace();
  const headers: Record<string, string> = {
    accept: '*/*',
    ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...lowerCased(asked.headers),
    traceparent,
    // Names the service.
    host: service,
  };
  if (asked.body !== undefined) headers['content-length'] = String(Buffer.byteLength(asked.body));
  const began = performance.now();
  const response = await new Promise<IncomingMessage>((done, fail) => {
    const { method, path } = asked;
    const sent = request({ socketPath: socket, method, path, headers, setHost: false, signal }, done);
    sent.on('error', fail);
    sent.end(asked.body);
  });
  const { text, cut } = await readShown(response);
  const lines = response.rawHeaders;
  return {
    status: response.statusCode ?? 0,
    headers: lines.flatMap((name, at) => (at % 2 === 0 ? [[name, lines[at + 1] ?? ''] as [string, string]] : [])),
    body: text,
    cut,
    ms: performance.now() - began,
    trace,
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(own.filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding'));
}

async function readShown(response: IncomingMessage): Promise<{ readonly text: string; readonly cut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > SHOWN_BYTES) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, SHOWN_BYTES);
  if (bytes.includes(0)) return { text: `${size} bytes that are no text`, cut: true };
  return { text: bytes.toString('utf8'), cut: size > SHOWN_BYTES };
}
