import { setTimeout as pause } from 'node:timers/promises';
import { type ApplyOutcome, type Migration, splitStatements } from '@islet/driver/migrations';
import { type Client, DatabaseError } from 'pg';
import { codeOf, messageOf, SQLSTATE } from './connect.ts';
import { failpoint } from './failpoint.ts';
import type { ParsedStatement } from './hazards/statements.ts';
import { isConcurrent } from './hazards/transaction.ts';
import { dropInvalidIndex } from './invalid-index.ts';
import type { MigrationRecords } from './migration-records.ts';
import { LIMITS } from './options.ts';

export interface Applying {
  readonly client: Client;
  readonly records: MigrationRecords;
  readonly signal: AbortSignal;
}

/**
 * Whole, in one transaction with its record; from the start again when a lock is not to be had. Statement by statement where
 * the parser could tell them apart: the server names no place for most mistakes, such as a table that is not there.
 */
export async function applyInside(
  migration: Migration,
  parsed: readonly ParsedStatement[] | undefined,
  { client, records, signal }: Applying,
): Promise<ApplyOutcome> {
  const whole: Sent = { text: migration.sql, line: 1 };
  const statements = parsed?.map((statement): Sent => ({ ...statement, isStatement: true })) ?? [whole];
  for (let attempt = 1; ; attempt++) {
    let sent = whole;
    try {
      await client.query('BEGIN');
      await inOneTransaction(client, async () => {
        for (sent of statements) await client.query(sent.text);
        sent = whole;
        await resetSession(client);
      });
      await records.add(migration);
      await client.query('COMMIT');
      failpoint('postgres: after a migration');
      return { kind: 'applied' };
    } catch (error) {
      await rollBack(client, signal);
      const reason = explain(migration.name, error, sent);
      if (codeOf(error) !== SQLSTATE.lockNotAvailable) return { kind: 'failed', reason };
      if (attempt === LIMITS.lockAttempts) return { kind: 'failed', reason: `${reason}; ${LOCKED}` };
      await pause(LIMITS.lockPauseMs, undefined, { signal });
    }
  }
}

/** Statement by statement: a server takes several at once as one transaction. */
export async function applyOutside(
  migration: Migration,
  parsed: readonly ParsedStatement[] | undefined,
  { client, records, signal }: Applying,
): Promise<ApplyOutcome> {
  const statements: readonly Piece[] = parsed ?? splitStatements(migration.sql);
  for (const [done, statement] of statements.entries()) {
    const reason = await runAlone(migration.name, statement, { client, signal });
    if (reason === undefined) continue;
    const before =
      done === 0
        ? 'nothing of it is applied'
        : `${done} of its ${statements.length} statements came before, and stay applied`;
    return { kind: 'failed', reason: `${reason}; it runs without a transaction: ${before}` };
  }
  await resetSession(client);
  await records.add(migration);
  return { kind: 'applied' };
}

type Piece = Pick<ParsedStatement, 'text' | 'line'> & Partial<Pick<ParsedStatement, 'node'>>;

/** What is built CONCURRENTLY waits for long transactions, and nobody waits for it: it needs no limit. */
async function runAlone(
  name: string,
  piece: Piece,
  { client, signal }: Pick<Applying, 'client' | 'signal'>,
): Promise<string | undefined> {
  const { node, text } = piece;
  const isPatient = node === undefined ? /\bconcurrently\b/i.test(text) : isConcurrent(node);
  for (let attempt = 1; ; attempt++) {
    await client.query(`SET lock_timeout = ${isPatient ? 0 : LIMITS.lockMs}`);
    if (node !== undefined) await dropInvalidIndex(client, node);
    try {
      await client.query(text);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const reason = explain(name, error, { ...piece, isStatement: true });
      if (!(error instanceof DatabaseError)) return reason;
      if (node !== undefined) await dropInvalidIndex(client, node);
      if (error.code !== SQLSTATE.lockNotAvailable) return reason;
      if (attempt === LIMITS.lockAttempts) return `${reason}; ${LOCKED}`;
      await pause(LIMITS.lockPauseMs, undefined, { signal });
    }
  }
}

const LOCKED =
  `gave up after waiting ${LIMITS.lockAttempts} times for ${LIMITS.lockMs / 1000} s: ` +
  'a long transaction holds the lock, see pg_stat_activity';

/** Proves that what is done leaves the transaction open that it began in. */
async function inOneTransaction(client: Client, act: () => Promise<void>): Promise<void> {
  const before = await transactionId(client);
  await act();
  if ((await transactionId(client)) !== before) {
    throw new Error('it ended its transaction itself, and what came before that stays applied');
  }
}

async function transactionId(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('SELECT txid_current()::text AS id');
  return rows[0]?.id;
}

/** What a migration set for its session (a dump sets an empty search path) must not reach the next one. */
async function resetSession(client: Client): Promise<void> {
  await client.query('RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL');
}

/** A broken connection has rolled back already; that it is broken is then the error. */
async function rollBack(client: Client, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await client.query('ROLLBACK');
}

/** What the server was given at once, and where in the file it begins. */
interface Sent {
  readonly text: string;
  readonly line: number;
  /** It is one statement: where the server names no place, it is the place. */
  readonly isStatement?: boolean;
}

/** The message with its place in the file. */
export function explain(name: string, error: unknown, sent: Sent): string {
  if (!(error instanceof DatabaseError)) return `${name}: ${messageOf(error)}`;
  const position = Number(error.position ?? 0);
  const place = position > 0 || sent.isStatement ? `${name}:${lineAt(position, sent)}` : name;
  const more = [error.detail, error.hint].filter((text) => text !== undefined);
  return [`${place}: ${error.message} (${error.code})`, ...more].join('; ');
}

/** Positions begin at 1 and count characters, not the two halves that JavaScript makes of some. */
function lineAt(position: number, { text, line }: Sent): number {
  const before = [...text].slice(0, Math.max(0, position - 1));
  return line + before.filter((character) => character === '\n').length;
}
