import { DriverError, type StoreSource } from '@islet/driver';
import { type Client, type ClientConfig, DatabaseError } from 'pg';
import { messageOf, withClient } from '../connect.ts';
import type { FrugalSocket } from '../frugal-socket.ts';
import { SUPERUSER } from '../names.ts';
import type { Started } from '../store.ts';
import { parseLsn, parseSize } from './lsn.ts';

/** The server keeps its log for whoever follows it through this slot, and for nobody else. */
export const SLOT = 'islet_backup';

/** Everything that another process needs to copy and follow a server. */
export interface PostgresSource {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** The service's database and role. */
  readonly name: string;
  /** Where its programs are: what is brought back of it is read by the same, if they are there. */
  readonly binaries: string;
}

export function sourceOf({ port, superuserPassword, name, programs }: Started): StoreSource {
  const how = { host: '127.0.0.1', port: String(port), password: superuserPassword, name };
  return { engine: 'postgres', how: { ...how, ...(programs && { binaries: programs.binaries }) } };
}

export function parseSource({ how }: StoreSource): PostgresSource {
  const { host = '', port = '', password = '', name = '', binaries = 'npm' } = how;
  return { host, port: Number(port), password, name, binaries };
}

/** A connection that speaks the replication protocol (PostgreSQL's manual, "Streaming Replication Protocol"). */
export async function withReplication<T>(
  { host, port, password }: Omit<PostgresSource, 'binaries'>,
  signal: AbortSignal,
  act: (client: Client, socket: FrugalSocket) => Promise<T>,
): Promise<T> {
  const config: ClientConfig & { replication: string } = { host, port, user: SUPERUSER, password, replication: 'true' };
  try {
    return await withClient(config, signal, act);
  } catch (error) {
    signal.throwIfAborted();
    throw replicationError(error);
  }
}

export function replicationError(error: unknown): DriverError {
  if (error instanceof DriverError) return error;
  const code = error instanceof DatabaseError && GONE.test(error.message) ? 'not-found' : 'unavailable';
  return new DriverError(code, `PostgreSQL can't be copied or followed: ${messageOf(error)}`, { cause: error });
}

/** The server has let go of a part of its log that is still asked for, or never had it. */
const GONE =
  /requested WAL segment .* has already been removed|is ahead of the WAL flush position|slot .* does not exist|can no longer be|was invalidated/;

export interface ServerFacts {
  /** Of the cluster and its line of history: a server that was restored is on another timeline. */
  readonly identity: string;
  readonly timeline: number;
  readonly segmentBytes: number;
}

export async function readFacts(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<{ systemid: string; timeline: number }>('IDENTIFY_SYSTEM');
  const size = await client.query<{ wal_segment_size: string }>('SHOW wal_segment_size');
  const [system, shown] = [rows[0], size.rows[0]];
  if (system === undefined || shown === undefined) throw new Error('PostgreSQL does not say who it is');
  const timeline = Number(system.timeline);
  return { identity: `${system.systemid}-${timeline}`, timeline, segmentBytes: parseSize(shown.wal_segment_size) };
}

/** From where on the server keeps its log for us. */
export async function readSlot(client: Client): Promise<bigint> {
  const { rows } = await client.query<{ restart_lsn: string | null }>(`READ_REPLICATION_SLOT ${SLOT}`);
  const lsn = rows[0]?.restart_lsn;
  if (lsn) return parseLsn(lsn);
  throw new DriverError('not-found', "PostgreSQL doesn't keep its log for backups");
}
