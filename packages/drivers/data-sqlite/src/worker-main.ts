/**
 * Opens a service's file as that service's user, makes it what it should be, and applies migrations.
 *
 * A process of its own: SQLite makes `-wal` and `-shm` files beside the database, which must be the service's; root that
 * opened a file in the service's folder would follow a link wherever the service points it; and a long migration would hold
 * up the control plane. It starts as Islet's own user, who can read this program, and then becomes the service's for good.
 */

import { DatabaseSync } from 'node:sqlite';
import { json } from 'node:stream/consumers';
import type { MigrateOutcome, MigrationPreview } from '@islet/driver';
import { become } from '@islet/driver/become';
import { previewWithoutHazards, runMigrations, sqliteMigrationStore } from '@islet/driver/migrations';
import { checkFile, countRows } from './check.ts';
import { measureFile } from './measure.ts';
import { LIMITS } from './options.ts';
import { runStatement, seedSqlite } from './shell.ts';
import type { WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

const request = (await json(process.stdin)) as WorkerRequest;
become(request.owner);
process.stdout.write(JSON.stringify(await answer(request)));

async function answer({ file, migrations, task }: WorkerRequest): Promise<WorkerAnswer> {
  try {
    if (typeof task === 'object') return { kind: 'answered', shell: runStatement(file, task) };
    if (task === 'check') return { kind: 'checked', findings: checkFile(file) };
    if (task === 'measure') return { kind: 'measured', measures: measureFile(file) };
    if (task === 'count') return { kind: 'counted', rows: countRows(file) };
    using database = new DatabaseSync(file, { timeout: LIMITS.busyMs });
    // Kept in the file. Readers and a writer don't wait for each other; what is committed is on disk (synchronous=FULL).
    database.exec('PRAGMA journal_mode = WAL');
    if (task === 'preview') return { kind: 'previewed', preview: await preview(database, migrations) };
    if (task === 'seed') return { kind: 'seeded', seed: seedSqlite(database, migrations) };
    return { kind: 'done', outcome: await migrate(database, migrations) };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function preview(database: DatabaseSync, migrations: WorkerRequest['migrations']): Promise<MigrationPreview> {
  const store = sqliteMigrationStore(database, () => new Date());
  return previewWithoutHazards(migrations, await store.recorded());
}

async function migrate(database: DatabaseSync, migrations: WorkerRequest['migrations']): Promise<MigrateOutcome> {
  if (migrations.length === 0) return { kind: 'migrated', applied: [] };
  const store = sqliteMigrationStore(database, () => new Date());
  return runMigrations(store, migrations, new AbortController().signal);
}
