import { request } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import type { ProbeTarget } from '@islet/spec';

/** Where a probe knocks, and how it runs a command beside the instance. */
export interface ProbeSite {
  readonly host: string;
  readonly port: number;
  /** It speaks HTTP/2 from the first byte. */
  readonly http2: boolean;
  /** Runs a shell command as the instance would; resolves to its exit code. */
  exec(command: string, signal: AbortSignal): Promise<number>;
  /** What else whoever wonders should know, such as that it listens elsewhere. It costs more than the probe. */
  remark?(): Promise<string | undefined>;
}

/** Looks once, from outside. Undefined: it is well; otherwise why it is not: an error, a wrong answer, or a late one. */
export type Check = (target: ProbeTarget, site: ProbeSite, timeoutMs: number) => Promise<string | undefined>;

export const check: Check = async (target, site, timeoutMs) => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await Promise.race([CHECKS[target.kind](target as never, site, signal), onceLate(signal)]);
  } catch (error) {
    if (signal.aborted) return `${nameOf(target)} was not answered within ${timeoutMs / 1000} s`;
    return isRefusal(error) ? `nothing listens on port ${site.port}` : `${nameOf(target)}: ${messageOf(error)}`;
  }
};

/** What is waited for beside a probe's own work may heed no signal, and must not keep all later probes waiting. */
function onceLate(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

function nameOf(target: ProbeTarget): string {
  switch (target.kind) {
    case 'http':
      return `GET ${target.path}`;
    case 'tcp':
      return 'a connection';
    case 'grpc':
      return 'grpc.health.v1.Health/Check';
    case 'exec':
      return `\`${target.command}\``;
  }
}

/** HTTP/2 tells it as the cause of the end of its stream. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' || isRefusal(error.cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type CheckOf<K extends ProbeTarget['kind']> = (
  target: Extract<ProbeTarget, { kind: K }>,
  site: ProbeSite,
  signal: AbortSignal,
) => Promise<string | undefined>;

const CHECKS: { readonly [K in ProbeTarget['kind']]: CheckOf<K> } = {
  http: async (target, site, signal) => {
    const status = await (site.http2 ? getByHttp2 : getByHttp)(target.path, site, signal);
    return isSuccess(status) ? undefined : `${nameOf(target)} answers ${status}`;
  },
  tcp: (_target, site, signal) => checkTcp(site, signal),
  grpc: checkGrpc,
  exec: async (target, site, signal) => {
    const code = await site.exec(target.command, signal);
    if (signal.aborted) throw signal.reason;
    return code === 0 ? undefined : `${nameOf(target)} ends with exit ${code}`;
  },
};

function getByHttp(path: string, { host, port }: ProbeSite, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'user-agent': 'islet-probe', connection: 'close' };
    const outgoing = request({ host, port, path, headers, signal, agent: false }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function getByHttp2(path: string, { host, port }: ProbeSite, signal: AbortSignal): Promise<number> {
  const session = connectHttp2(`http://${host}:${port}`);
  const status = new Promise<number>((resolve, reject) => {
    session.on('error', reject);
    session.once('close', () => reject(new Error('the connection ended without an answer')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const stream = session.request({ [constants.HTTP2_HEADER_PATH]: path, 'user-agent': 'islet-probe' });
    stream.once('response', (headers) => resolve(headers[':status'] ?? 0));
    stream.on('error', reject);
  });
  return status.finally(() => session.destroy());
}

/** Kubernetes' rule. */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 400;
}

function checkTcp({ host, port }: ProbeSite, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on('error', reject);
  });
}

const GRPC_SERVING = 1;

/** grpc.health.v1.Health/Check: one string field in, one enum field out, so no protobuf library is needed. */
async function checkGrpc(
  target: Extract<ProbeTarget, { kind: 'grpc' }>,
  { host, port }: ProbeSite,
  signal: AbortSignal,
): Promise<string | undefined> {
  const session = connectHttp2(`http://${host}:${port}`);
  const body = new Promise<Buffer>((resolve, reject) => {
    session.on('error', reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
    stream.end(healthRequest(target.service));
  });
  const isWell = await body.then(isServing).finally(() => session.destroy());
  return isWell ? undefined : `${nameOf(target)} does not say that it serves`;
}

function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** Seven bits a byte, the lowest first; the high bit says that more follow. */
function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** A frame of one message with field 1 (varint): `08 01`. */
function isServing(body: Buffer): boolean {
  return body.length >= 7 && body[5] === 0x08 && body[6] === GRPC_SERVING;
}
