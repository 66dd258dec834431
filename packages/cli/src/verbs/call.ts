import { readFileSync } from 'node:fs';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ApiError } from '@islet/client/remote';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { noSuchService, UsageError } from '../failures.ts';
import { renderDuration } from '../render/duration.ts';
import { openSession } from '../session.ts';

export interface CallVerbOptions {
  readonly request?: string;
  readonly data?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly include?: true;
  readonly timeout: number;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string,
  path: string,
  folder: string | undefined,
  options: CallVerbOptions,
): Promise<ExitCode> {
  if (!path.startsWith('/')) throw new UsageError(`${path} is not a path: it begins with /`, `islet call ${service} /`);
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { services } = await session.client.status({}, { signal: context.signal });
  const names = services.map(({ name }) => name);
  if (!names.includes(service)) throw noSuchService(service, names);
  const body = await bodyOf(context, options.data);
  const { socket } = await session.client.operator({}, { signal: context.signal });
  const response = await send(context, { socket, service, path, body }, options);
  if (options.include) context.stdout.write(headOf(response));
  let isLineEnded = true;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    context.stdout.write(chunk);
    isLineEnded = chunk.at(-1) === NEWLINE;
  }
  // The prompt stands on a line of its own; a program gets the bytes as they are.
  if (context.stdout.terminal && !isLineEnded) context.stdout.write('\n');
  if ((response.statusCode ?? 0) < 400) return EXIT.ok;
  if (!options.include) writeLines(context.stderr, [refusalOf(service, response)]);
  return EXIT.failed;
}

/** The body of a refusal may be empty, and says nothing of where it comes from. */
function refusalOf(service: string, { statusCode, statusMessage, headers }: IncomingMessage): string {
  const { 'x-request-id': id, 'grpc-message': message } = headers;
  const words = message === undefined ? '' : `: ${message}`;
  const more = id === undefined ? '' : `; \`islet explain ${id}\` tells more`;
  return `${service} answers ${statusCode} ${statusMessage}${words}${more}`;
}

const NEWLINE = 0x0a;

async function bodyOf({ stdin, cwd }: Context, data: string | undefined): Promise<Buffer | undefined> {
  if (data === undefined) return undefined;
  if (data === '@-') return buffer(stdin);
  return data.startsWith('@') ? readFileSync(resolve(cwd, data.slice(1))) : Buffer.from(data);
}

interface Sent {
  readonly socket: string;
  readonly service: string;
  readonly path: string;
  readonly body: Buffer | undefined;
}

function send(context: Context, { socket, service, path, body }: Sent, options: CallVerbOptions) {
  const method = options.request?.toUpperCase() ?? (body ? 'POST' : 'GET');
  const headers: OutgoingHttpHeaders = { accept: '*/*', ...headersOf(options.header ?? []) };
  if (body) {
    headers['content-type'] ??= 'application/json';
    headers['content-length'] = body.length;
  }
  // The Host header names the service; `setHost` would name the socket.
  headers.host = service;
  const deadline = AbortSignal.timeout(options.timeout);
  const signal = AbortSignal.any([context.signal, deadline]);
  return new Promise<IncomingMessage>((done, fail) => {
    const sent = request({ socketPath: socket, method, path, headers, setHost: false, signal }, done);
    sent.on('error', (cause) => {
      const late = deadline.aborted ? `no answer within ${renderDuration(options.timeout)}` : String(cause.message);
      fail(new ApiError('unavailable', `the call to ${service} failed: ${late}`, { cause }));
    });
    sent.end(body);
  });
}

function headersOf(lines: readonly (readonly [string, string])[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of lines) headers[name.toLowerCase()] = [...(headers[name.toLowerCase()] ?? []), value];
  return Object.fromEntries(Object.entries(headers).map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}

function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\n')}\n\n`;
}
