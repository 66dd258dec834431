import { randomBytes } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { resolve, sep } from 'node:path';
import { ApiError, type ServiceContract, type ServiceReply } from '@islet/client';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

/** How long a call that a person makes may take. */
const CALL_MS = 30_000;
/** What of an answer is shown. */
const SHOWN_BYTES = 256 * 1024;
const CONTRACT_BYTES = 1024 * 1024;

/** What the API explorer asks: what a service offers, and a call to it. */
export function exploreHandlers(
  { parts }: System,
  { wanted }: { readonly wanted: (service: string) => AppliedService },
): Pick<Handlers, 'contractOf' | 'callService'> {
  return {
    contractOf: async ({ params: { service = '' } }) => {
      const { api, folder } = wanted(service).spec;
      if (api.contract === undefined) return { protocol: api.protocol };
      return {
        protocol: api.protocol,
        file: api.contract,
        ...(await readContract(parts.folder, folder, api.contract)),
      };
    },
    callService: async ({ params: { service = '' }, body, signal }) => {
      wanted(service);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]);
      return await callThrough(parts.operatorSocket, service, body, limit).catch((cause: unknown) => {
        throw new ApiError('unavailable', `the call to ${service} failed: ${(cause as Error).message}`, { cause });
      });
    },
  };
}

/** From the system's own folder, and from nowhere that a link may lead to outside of it. */
async function readContract(
  root: string,
  folder: string,
  file: string,
): Promise<Pick<ServiceContract, 'text' | 'problem'>> {
  try {
    const [inside, path] = await Promise.all([realpath(root), realpath(resolve(root, folder, file))]);
    if (!path.startsWith(`${inside}${sep}`)) return { problem: `${file} lies outside of the system’s folder` };
    await using handle = await open(path, 'r');
    const { size } = await handle.stat();
    if (size > CONTRACT_BYTES) return { problem: `${file} is larger than ${CONTRACT_BYTES} bytes` };
    return { text: await handle.readFile('utf8') };
  } catch (error) {
    return { problem: `${file} can’t be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}` };
  }
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Over the operator's socket, as `islet call` does, and with a trace of its own to look at afterwards. */
async function callThrough(socket: string, service: string, asked: Asked, signal: AbortSignal): Promise<ServiceReply> {
  const trace = randomBytes(16).toString('hex');
  const headers: Record<string, string> = {
    accept: '*/*',
    ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...lowerCased(asked.headers),
    traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01`,
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
    ...{ body: text, cut, ms: performance.now() - began, trace },
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
