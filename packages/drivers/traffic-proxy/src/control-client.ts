import { Agent, type IncomingMessage, request } from 'node:http';
import { DriverError } from '@islet/driver';

/** How long one call may take: it crosses a Unix socket, and at most opens a few listeners. */
const CALL_TIMEOUT_MS = 5_000;
/** An answer that is larger is not the proxy's. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

export interface ControlCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** JSON over HTTP over the proxy's Unix socket, on connections that are kept. */
export class ControlClient {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Throws `unavailable` where nobody answers. */
  async call(call: ControlCall): Promise<ControlReply> {
    const deadline = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const signal = call.signal === undefined ? deadline : AbortSignal.any([call.signal, deadline]);
    try {
      const response = await this.#send(call, signal);
      return { status: response.statusCode ?? 0, body: await readJson(response) };
    } catch (thrown) {
      throw asDriverError(thrown);
    }
  }

  /** An answer that goes on until one side ends it. */
  async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    // A connection of its own: a stream would keep one of the pool from the calls for good.
    const response = await this.#sendOnce({ method: 'GET', path }, signal, false).catch((thrown) => {
      throw asDriverError(thrown);
    });
    if (response.statusCode === 200) return response;
    response.destroy();
    throw new DriverError('refused', `the proxy answered ${path} with ${response.statusCode}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A kept connection may have ended with the proxy before this one: then the call is made once more. */
  async #send(call: ControlCall, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(call, signal);
    } catch (thrown) {
      if (!(thrown instanceof StaleConnection)) throw thrown;
      return this.#sendOnce(call, signal);
    }
  }

  #sendOnce(
    { method, path, body }: ControlCall,
    signal: AbortSignal,
    agent: Agent | false = this.#agent,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) };
      const target = { socketPath: this.#socketPath, method, path, headers };
      const outgoing = request({ ...target, agent, signal }, resolve);
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleConnection('the connection had ended', { cause: error }) : error);
      });
      outgoing.end(text);
    });
  }
}

class StaleConnection extends Error {}

async function readJson(response: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_ANSWER_BYTES) throw new DriverError('internal', 'the answer of the proxy is too large');
  }
  return JSON.parse(text);
}

function asDriverError(thrown: unknown): DriverError {
  const error = DriverError.from(thrown);
  const code = (thrown as NodeJS.ErrnoException).code;
  const unreachable = thrown instanceof StaleConnection || UNREACHABLE.has(code ?? '');
  if (!unreachable) return error;
  const hint = 'the keeper starts the proxy again; see its log if it does not come back';
  return new DriverError('unavailable', `the proxy can't be reached (${code ?? 'it ended'})`, { hint, cause: thrown });
}

const UNREACHABLE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);
