import { Client, type ClientConfig, DatabaseError } from 'pg';
import { FrugalSocket } from './frugal-socket.ts';
import { LIMITS } from './options.ts';

/** Connects, acts, and closes, whatever happens. An abort breaks the connection, which ends the statement under way. */
export async function withClient<T>(
  config: ClientConfig,
  signal: AbortSignal,
  act: (client: Client, socket: FrugalSocket) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const socket = new FrugalSocket();
  const client = new Client({
    application_name: 'islet',
    connectionTimeoutMillis: LIMITS.connectMs,
    keepAlive: true,
    ...config,
    stream: () => socket,
  });
  // A connection that breaks fails the statement under way, which is where it is dealt with.
  client.on('error', () => {});
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    return await act(client, socket);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => {});
    socket.destroy();
  }
}

export interface HeldClient extends AsyncDisposable {
  readonly client: Client;
  readonly socket: FrugalSocket;
}

/** A connection that is held until it is disposed of, where acting through it is no single function. */
export async function holdClient(
  connect: (act: (client: Client, socket: FrugalSocket) => Promise<void>) => Promise<void>,
): Promise<HeldClient> {
  const opened = Promise.withResolvers<Pick<HeldClient, 'client' | 'socket'>>();
  const released = Promise.withResolvers<void>();
  const connection = connect(async (client, socket) => {
    opened.resolve({ client, socket });
    await released.promise;
  });
  connection.catch(opened.reject);
  const { client, socket } = await opened.promise;
  return {
    client,
    socket,
    [Symbol.asyncDispose]: async () => {
      released.resolve();
      await connection.catch(() => {});
    },
  };
}

/** SQLSTATE, or the system's code of a connection that failed. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof DatabaseError) return error.code;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** A host with several addresses fails once for each. No message of these repeats a password. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** SQLSTATEs (PostgreSQL's appendix A) that something here depends on. */
export const SQLSTATE = {
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  noSuchDatabase: '3D000',
  noSuchFile: '58P01',
  lockNotAvailable: '55P03',
  tooManyConnections: '53300',
} as const;

/** The server is there and says no: it won't change its mind by itself. */
export function isRejection(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === SQLSTATE.invalidPassword || code === SQLSTATE.invalidAuthorization || code === SQLSTATE.noSuchDatabase
  );
}
