import {
  AWAY_TIMEOUT_MS,
  type Client,
  type Connection,
  type ConnectOptions,
  connect,
  probe,
  reconnect,
  replaceControlPlane,
} from '@islet/client/remote';
import { type Context, writeLines } from './context.ts';
import { asInvalidSpec } from './failures.ts';
import { findSystem, type System, type SystemOptions } from './system.ts';

/** A verb's conversation with one system's control plane. */
export interface Session extends AsyncDisposable {
  readonly system: System;
  readonly connection: Connection;
  readonly client: Client;
  /** Waits for a control plane that died in the middle of it, and goes on with its successor. */
  renew(signal: AbortSignal): Promise<void>;
}

/** `once`: ask a system whether or not it runs. `never`: only one that runs. */
export async function openSession(context: Context, options: SystemOptions, start: 'once' | 'never'): Promise<Session> {
  const system = findSystem(context, options);
  const connection = await connect(connectOptions(context, system, start));
  if (connection.version !== context.version) warnOfVersion(context, connection);
  return sessionOf(system, connection);
}

/** A control plane of our own version, running to stay: started where none runs, replaced where another version does. */
export async function openStaying(context: Context, system: System): Promise<Session> {
  const options = connectOptions(context, system, 'stay');
  let connection = await connect(options);
  if (connection.version !== context.version) {
    writeLines(context.stderr, [`Replacing the control plane ${connection.version} by ${context.version}`]);
    connection = await replaceControlPlane(connection, options);
  }
  if (connection.version !== context.version) warnOfVersion(context, connection);
  return sessionOf(system, connection);
}

/** No control plane is started, and no state folder made, for files that mean nothing; one that runs tells them itself. */
export async function refuseMistakes(context: Context, system: System, environment: string | undefined): Promise<void> {
  if (await probe(system.stateFolder, context.signal)) return;
  const { parseFolder } = await import('./offline.ts');
  parseFolder(system.folder, environment);
}

/** Runs a call; mistakes in files become the error that prints them as `check` does. */
export async function withSpecErrors<T>(system: System, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw asInvalidSpec(error, system.folder);
  }
}

export function connectOptions(context: Context, system: System, start: ConnectOptions['start']): ConnectOptions {
  return { ...system, start, signal: context.signal, entry: start === 'never' ? '' : context.entries.controlPlane };
}

function sessionOf(system: System, first: Connection): Session {
  let connection = first;
  return {
    system,
    get connection() {
      return connection;
    },
    get client() {
      return connection.client;
    },
    renew: async (signal) => {
      connection = await reconnect(system.stateFolder, signal, AWAY_TIMEOUT_MS);
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

function warnOfVersion({ stderr, version }: Context, connection: Connection): void {
  writeLines(stderr, [
    `${stderr.colours.yellow('warning:')} the control plane is ${connection.version}, this command ${version}; ` +
      '`islet up` replaces it',
  ]);
}
