import type { MigrationPreview } from '../data.ts';
import { type Migration, type RecordedMigration, runsInTransaction } from './model.ts';
import { planMigrations } from './plan.ts';

/** Of an engine whose statements nobody looks at: a file's lock is the whole store's, or nobody else's. */
export function previewWithoutHazards(
  files: readonly Migration[],
  recorded: readonly RecordedMigration[],
): MigrationPreview {
  const plan = planMigrations(files, recorded);
  if (plan.kind === 'refused') return plan;
  const migrations = plan.migrations.map((migration) => ({
    name: migration.name,
    inTransaction: runsInTransaction(migration),
    hazards: [],
    unread: undefined,
  }));
  return { kind: 'pending', migrations };
}
