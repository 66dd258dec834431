import { DriverError, type MigrateOutcome, type MigrationHazard, type MigrationPreview } from '@islet/driver';
import { type ApplyOutcome, type Migration, planMigrations, runMigrations } from '@islet/driver/migrations';
import type { Client, ClientConfig } from 'pg';
import { applyInside, applyOutside } from './apply-migration.ts';
import { codeOf, messageOf, SQLSTATE, withClient } from './connect.ts';
import { foreseeAll, type Inspector, openInspector, previewOf } from './hazards/inspect.ts';
import { refusalOf } from './hazards/refusal.ts';
import { MigrationRecords } from './migration-records.ts';
import { LIMITS } from './options.ts';

/**
 * Migrations of a PostgreSQL database, run as the service's own role: what they make is the service's.
 *
 * One session holds an advisory lock from the first look to the last, so that two at once apply nothing twice. A file
 * is read before it runs: one that would make others wait or fail is refused, unless it says that it means it. A statement
 * that waits for a lock makes all that come after it wait too, readers included: it gives up after `lockMs`, and is tried
 * again.
 */
export function migratePostgres(
  config: ClientConfig,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrateOutcome> {
  return inSession(config, signal, (client) => migrate(client, migrations, signal));
}

/** What that would do now. Changes nothing, and waits for nobody. */
export function previewPostgres(
  config: ClientConfig,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrationPreview> {
  return inSession(config, signal, async (client) => {
    const records = await MigrationRecords.open(client);
    const plan = planMigrations(migrations, await records.list());
    return plan.kind === 'refused' ? plan : previewOf(await foreseeAll(client, plan.migrations));
  });
}

async function inSession<T>(
  config: ClientConfig,
  signal: AbortSignal,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    return await withClient({ ...config, lock_timeout: LIMITS.lockMs }, signal, act);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DriverError) throw error;
    // A migration that fails is an outcome: this is the server that is away, or went away.
    throw new DriverError('unavailable', `the database can't be migrated: ${messageOf(error)}`, { cause: error });
  }
}

async function migrate(client: Client, migrations: readonly Migration[], signal: AbortSignal): Promise<MigrateOutcome> {
  await lock(client, signal);
  const records = await MigrationRecords.open(client);
  await records.make();
  const applying = { client, records, signal };
  const inspector = await openInspector(client);
  const passed: MigrationHazard[] = [];
  const outcome = await runMigrations(
    {
      recorded: () => records.list(),
      apply: async (migration): Promise<ApplyOutcome> => {
        const inspection = await inspectPatiently(inspector, migration, signal);
        if (inspection.kind === 'refused') return { kind: 'failed', reason: inspection.reason };
        const { hazards, inTransaction, statements } = inspection;
        const refusal = refusalOf(hazards);
        if (refusal !== undefined) return { kind: 'failed', reason: refusal };
        passed.push(...hazards);
        return (inTransaction ? applyInside : applyOutside)(migration, statements, applying);
      },
    },
    migrations,
    signal,
  );
  return outcome.kind === 'migrated' && passed.length > 0 ? { ...outcome, hazards: passed } : outcome;
}

/** The size of a table that somebody has locked is not to be had; whoever holds it will let go, or the file fails on it. */
async function inspectPatiently(inspector: Inspector, migration: Migration, signal: AbortSignal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inspector.inspect(migration);
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== SQLSTATE.lockNotAvailable || attempt === LIMITS.lockAttempts) throw error;
    }
  }
}

/** "islet" and "migr", as numbers: the lock's key, held until the session ends. */
const LOCK = 'SELECT pg_advisory_lock(1769172325, 1835624306)';

async function lock(client: Client, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await client.query(LOCK);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== SQLSTATE.lockNotAvailable) throw error;
    }
  }
}
