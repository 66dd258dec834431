import { connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Method } from 'protobufjs';
import { requestOf, responseOf } from './proto.ts';

/** What came of a call: the messages as JSON, and the status that ends it (gRPC over HTTP/2, "Responses"). */
export interface GrpcReply {
  readonly httpStatus: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly messages: readonly unknown[];
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string | undefined;
  readonly cut: boolean;
}

export interface GrpcAsked {
  readonly socket: string;
  /** The Host of the call, which names the service. */
  readonly service: string;
  readonly path: string;
  readonly method: Method;
  /** One message. */
  readonly json: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What of the answer is read. */
  readonly limitBytes: number;
}

/** The length of a frame's head: whether it is compressed, and how long it is. */
const HEAD_BYTES = 5;

/** @throws what protobufjs says where the JSON does not fit the message. */
export async function callGrpc(asked: GrpcAsked): Promise<GrpcReply> {
  const { socket, service, path, method, json, signal, limitBytes } = asked;
  const type = requestOf(method);
  const problem = type.verify(type.fromObject(json as Record<string, unknown>));
  if (problem !== null) throw new TypeError(problem);
  const body = framed(type.encode(type.fromObject(json as Record<string, unknown>)).finish());
  const session = connect(`http://${service}`, { createConnection: () => connectSocket(socket) });
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject);
      const stream = session.request(
        {
          ...asked.headers,
          ':method': 'POST',
          ':path': path,
          ':authority': service,
          'content-type': 'application/grpc',
          te: 'trailers',
        },
        { signal },
      );
      const chunks: Buffer[] = [];
      let [head, trailers, size]: [IncomingHttpHeaders, IncomingHttpHeaders, number] = [{}, {}, 0];
      stream.on('response', (headers) => {
        head = headers;
      });
      stream.on('trailers', (headers) => {
        trailers = headers;
      });
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > limitBytes) stream.close();
      });
      stream.once('error', reject);
      stream.once('close', () => {
        const messages = unframed(Buffer.concat(chunks)).map((bytes) =>
          responseOf(method).toObject(responseOf(method).decode(bytes), {
            longs: String,
            enums: String,
            bytes: String,
            defaults: true,
          }),
        );
        const status = trailers['grpc-status'] ?? head['grpc-status'];
        const message = trailers['grpc-message'] ?? head['grpc-message'];
        resolve({
          httpStatus: Number(head[':status'] ?? 0),
          headers: linesOf({ ...head, ...trailers }),
          messages,
          grpcStatus: status === undefined ? undefined : Number(status),
          grpcMessage: message === undefined ? undefined : decodeURIComponent(String(message)),
          cut: size > limitBytes,
        });
      });
      stream.end(body);
    });
  } finally {
    session.destroy();
  }
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

/** Whole messages; one that is cut off or compressed, which nobody asked for, is left out. */
function unframed(bytes: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    if (bytes[at] === 0) messages.push(bytes.subarray(at + HEAD_BYTES, end));
    at = end;
  }
  return messages;
}

function linesOf(headers: IncomingHttpHeaders): readonly (readonly [string, string])[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(':') || value === undefined ? [] : [value].flat().map((one) => [name, String(one)] as const),
  );
}
