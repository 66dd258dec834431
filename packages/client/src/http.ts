import { request as httpRequest, type IncomingMessage } from 'node:http';
import { API_ERRORS, ApiError, type ApiErrorBody, type ApiErrorCode } from './errors.ts';
import type { Method } from './routes.ts';

/** Where a control plane listens, and the token that lets us in. */
export interface Target {
  /** `http://127.0.0.1:4711` */
  readonly url: string;
  readonly token: string;
  /** Of a process of Islet's own that speaks this API on a Unix socket, in place of the address in `url`. */
  readonly socketPath?: string | undefined;
  /** What a person calls it; absent: the control plane. */
  readonly who?: string | undefined;
}

export interface Exchange {
  readonly method: Method;
  readonly path: string;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** The longest answer that is read: 1,000 services' status is about 2 MB. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** One request and its whole answer, parsed. `node:http` and not `fetch`: it loads 8 ms sooner. */
export async function exchange(target: Target, { timeoutMs, ...request }: Exchange): Promise<unknown> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
  try {
    const response = await send(target, { ...request, signal });
    return parse(target, await readAll(response));
  } catch (error) {
    if (deadline.aborted && !request.signal?.aborted)
      throw new ApiError('unavailable', `no answer from ${whoOf(target)} within ${timeoutMs / 1000} s`, {
        cause: error,
      });
    throw reachError(target, error, request.signal);
  }
}

/** Sends a request and resolves with a good answer's head; any other answer is read and thrown. */
export async function send(target: Target, request: Omit<Exchange, 'timeoutMs'>): Promise<IncomingMessage> {
  const response = await open(target, request);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  throw errorIn(target, status, await readAll(response));
}

/** What went wrong on the way, as an `ApiError`; an abort by the caller is passed on as it is. */
export function reachError(target: Target, error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof ApiError) return error;
  if (signal?.aborted) return signal.reason;
  const detail = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new ApiError('unavailable', `${whoOf(target)} can't be reached (${detail})`, {
    cause: error,
  });
}

function open(target: Target, { method, path, body, signal }: Omit<Exchange, 'timeoutMs'>): Promise<IncomingMessage> {
  const headers: Record<string, string> = { authorization: `Bearer ${target.token}`, accept: 'application/json' };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  const { socketPath } = target;
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false as const, signal, ...(socketPath && { socketPath }) };
    const request = httpRequest(new URL(path, target.url), options, resolve);
    request.on('error', reject);
    request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new ApiError('internal', `the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(target: Target, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw stranger(target, cause);
  }
}

function errorIn(target: Target, status: number, text: string): ApiError {
  const body = parse(target, text) as Partial<ApiErrorBody> | null;
  const error = body?.error;
  if (error && isCode(error.code)) return new ApiError(error.code, error.message, error);
  return stranger(target, new Error(`HTTP ${status}: ${text.slice(0, 200)}`));
}

function isCode(code: string): code is ApiErrorCode {
  return Object.hasOwn(API_ERRORS, code);
}

function stranger(target: Target, cause: unknown): ApiError {
  return new ApiError('unavailable', `what answers at ${target.url} is not Islet's control plane`, { cause });
}

export function whoOf({ who, url }: Target): string {
  return who ?? `the control plane at ${url}`;
}
