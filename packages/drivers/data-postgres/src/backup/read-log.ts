import { setTimeout as pause } from 'node:timers/promises';
import { type CallOptions, DriverError, type LogChunk, type LogPosition, type StoreSource } from '@islet/driver';
import { type Client, type ClientConfig, DatabaseError } from 'pg';
import { codeOf, type HeldClient, holdClient, SQLSTATE, withClient } from '../connect.ts';
import { SUPERUSER } from '../names.ts';
import { LIMITS } from '../options.ts';
import { CopyStream } from './copy-stream.ts';
import { lsnOf, lsnText, parseLsn, positionOf, segmentName, segmentStart } from './lsn.ts';
import { type PostgresSource, parseSource, replicationError, type ServerFacts, SLOT } from './source.ts';
import type { Busy } from './stream-log.ts';

/**
 * The same log out of the server's own files, which it reads for us: up to where it has flushed them, and no further, since
 * what lies behind that is torn, or of an older use of the file. Until nothing new has come for some looks.
 *
 * A file that the slot no longer holds may be overwritten while it is read. The server gives a slot up before it touches
 * the file: so the slot is looked at after the bytes were read.
 */
export async function* readLog(
  { source, from, facts }: Busy & { readonly source: StoreSource },
  { signal }: CallOptions,
): AsyncGenerator<LogChunk, LogPosition> {
  try {
    await using held = await holdClient((act) => withClient(configOf(parseSource(source)), signal, act));
    await refuseOthers(held.client, facts);
    const release = releaser(held.client);
    // Filled again and again: whoever asks for the next chunk is done with the one before.
    const room = Buffer.allocUnsafeSlow(COPY_HEAD_BYTES + LIMITS.chunkBytes + COPY_END_BYTES);
    let wholeAt = 0;
    let at = lsnOf(from);
    for (let empty = 0; empty < LIMITS.calmLooks; ) {
      const lookedAt = Date.now();
      const { bytes, flushed, askedAt } = await look(held, { from: at, facts, room });
      const end = at + BigInt(bytes.length);
      // The clock was read first: what was committed by then had been flushed.
      if (end >= flushed) wholeAt = askedAt;
      yield { from: positionOf(at), to: positionOf(end), at: wholeAt, bytes };
      empty = end === at ? empty + 1 : 0;
      at = end;
      await release(at);
      if (end >= flushed) await pause(Math.max(0, lookedAt + LIMITS.chunkMs - Date.now()), undefined, { signal });
    }
    return positionOf(at);
  } catch (error) {
    signal.throwIfAborted();
    throw replicationError(error);
  }
}

/** No service's log of statements is filled with ours. */
function configOf({ host, port, password }: PostgresSource): ClientConfig {
  return {
    host,
    port,
    password,
    user: SUPERUSER,
    database: 'postgres',
    statement_timeout: LIMITS.statementMs,
    options: '-c log_statement=none -c log_min_duration_statement=-1 -c log_duration=off',
  };
}

/** Between the two connections a server may have been restored, or another one have its port. */
async function refuseOthers(client: Client, { identity }: ServerFacts): Promise<void> {
  const { rows } = await client.query<{ systemid: string; file: string }>(
    'SELECT system_identifier AS systemid, pg_walfile_name(pg_current_wal_flush_lsn()) AS file FROM pg_control_system()',
  );
  const [{ systemid, file } = { systemid: '', file: '' }] = rows;
  if (`${systemid}-${Number.parseInt(file.slice(0, 8), 16)}` !== identity)
    throw new DriverError('unavailable', 'another server answers than the one whose log was streamed');
}

interface LookRequest {
  readonly from: bigint;
  readonly facts: ServerFacts;
  /** For the server's answer. */
  readonly room: Buffer;
}

interface Look {
  /** From where it was asked for; fewer than were flushed at the end of a file, and where they are many. */
  readonly bytes: Uint8Array;
  readonly flushed: bigint;
  /** By the server's clock, before it said what it had flushed. */
  readonly askedAt: number;
}

async function look({ client, socket }: HeldClient, { from, facts, room }: LookRequest): Promise<Look> {
  const { timeline, segmentBytes } = facts;
  const start = segmentStart(from, segmentBytes);
  const file = `pg_wal/${segmentName({ timeline, start, segmentBytes })}`;
  const offset = Number(from - start);
  const most = Math.min(LIMITS.chunkBytes, segmentBytes - offset);
  const ahead = `pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '${lsnText(from)}')`;
  // A file that begins where the log ends is perhaps not there yet.
  const stream = new CopyStream(`
    SELECT floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint, pg_current_wal_flush_lsn();
    COPY (SELECT CASE WHEN ${ahead} > 0 THEN pg_read_binary_file('${file}', ${offset}, least(${ahead}, ${most})::bigint) END)
      TO STDOUT (FORMAT binary);
    SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = '${SLOT}'`);
  let length = 0;
  socket.onCopyData = (part) => {
    if (length + part.length <= room.length) room.set(part, length);
    length += part.length;
  };
  client.query(stream);
  try {
    await stream.next(undefined);
  } catch (error) {
    if (codeOf(error) === SQLSTATE.noSuchFile) throw gone(from);
    throw error;
  } finally {
    socket.onCopyData = undefined;
  }
  const [[askedAt, flushed] = [], [keptFrom] = []] = stream.rows;
  if (length > room.length)
    throw new DriverError('unavailable', 'the server sent more of its log than it was asked for');
  if (!askedAt || !flushed) throw new DriverError('unavailable', 'the server does not say how far its log goes');
  if (parseLsn(flushed) < from) throw gone(from);
  if (!keptFrom || parseLsn(keptFrom) >= start + BigInt(segmentBytes)) throw gone(from);
  return { bytes: valueIn(room), flushed: parseLsn(flushed), askedAt: Number(askedAt) };
}

function gone(from: bigint): DriverError {
  return new DriverError('not-found', `PostgreSQL no longer has its log from ${lsnText(from)} on`);
}

/** Signature, flags, extension; then of the one row: how many values, and the length of the one (-1: NULL). */
const COPY_HEAD_BYTES = 11 + 4 + 4 + 2 + 4;
/** In place of a further row's number of values. */
const COPY_END_BYTES = 2;

/** Of an answer in COPY's binary format (PostgreSQL's manual, "COPY", "Binary Format"). */
function valueIn(answer: Buffer): Buffer {
  const length = answer.readInt32BE(COPY_HEAD_BYTES - 4);
  return answer.subarray(COPY_HEAD_BYTES, COPY_HEAD_BYTES + Math.max(0, length));
}

/** Says from time to time how much of the log the server may let go. */
function releaser(client: Client): (to: bigint) => Promise<void> {
  let releasedAt = Date.now();
  let released: bigint | undefined;
  return async (to) => {
    if (to === released || Date.now() < releasedAt + LIMITS.releaseMs) return;
    releasedAt = Date.now();
    try {
      await client.query('SELECT pg_replication_slot_advance($1, $2)', [SLOT, lsnText(to)]);
      released = to;
    } catch (error) {
      // Whoever streams through it moves it; whether it is lost shows when it is looked at next.
      if (!(error instanceof DatabaseError) || !NOT_OURS.test(error.code ?? '')) throw error;
    }
  };
}

/** "Object not in prerequisite state", "in use", and "undefined object". */
const NOT_OURS = /^(55...|42704)$/;
