import { LIMITS } from './options.ts';

export const HOST = '127.0.0.1';

export interface Login {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

type Send = (...words: readonly string[]) => Promise<unknown>;

/** Connects, acts, and closes, whatever happens. */
export async function withClient<T>(
  { port, user, password }: Login,
  signal: AbortSignal,
  act: (send: Send) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // Some 480 modules, which a system without a Redis need not wait for.
  const { createClient } = await import('@redis/client');
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
    return await act((...words) => client.sendCommand(words));
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
