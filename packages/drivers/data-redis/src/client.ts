import { ADMIN, READER } from './names.ts';
import { LIMITS } from './options.ts';
import type { StartedRedis } from './records.ts';

export const HOST = '127.0.0.1';

export interface Login {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

type Word = string | Buffer;
export type Send = (...words: readonly Word[]) => Promise<unknown>;

export function adminOf({ port, adminPassword }: StartedRedis): Login {
  return { port, user: ADMIN, password: adminPassword };
}

export function readerOf({ port, adminPassword }: StartedRedis): Login {
  return { port, user: READER, password: adminPassword };
}

export async function administer(started: StartedRedis, words: readonly string[], signal: AbortSignal): Promise<void> {
  await withClient(adminOf(started), signal, (send) => send(...words));
}

/** Connects, acts, and closes, whatever happens. Texts that `raw` is answered are bytes: a key may be any. */
export async function withClient<T>(
  { port, user, password }: Login,
  signal: AbortSignal,
  act: (send: Send, raw: Send) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // Some 480 modules, which a system without a Redis need not wait for.
  const { createClient, RESP_TYPES } = await import('@redis/client');
  const client = createClient({
    username: user,
    password,
    disableOfflineQueue: true,
    socket: { host: HOST, port, connectTimeout: LIMITS.connectMs, reconnectStrategy: false },
  });
  // A connection that breaks fails the command under way, which is where it is dealt with.
  client.on('error', () => {});
  const abort = () => client.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    const options = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };
    return await act(
      (...words) => client.sendCommand(words),
      (...words) => client.sendCommand(words, options),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    if (client.isOpen) client.destroy();
  }
}

/** The server is there and says no: it won't change its mind by itself. */
export function isRejection(error: unknown): boolean {
  return error instanceof Error && /^(WRONGPASS|NOAUTH|NOPERM)/.test(error.message);
}
