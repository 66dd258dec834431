export { migrationOf, readMigrations } from './folder.ts';
export { hazardText } from './hazard-text.ts';
export { isContract, type Migration, NO_TRANSACTION, type RecordedMigration, runsInTransaction } from './model.ts';
export { type MigrationPlan, planMigrations } from './plan.ts';
export { previewWithoutHazards } from './preview.ts';
export { type ApplyOutcome, type MigrationStore, runMigrations } from './run.ts';
export { sqliteMigrationStore } from './sqlite.ts';
export { lineAt, type Statement, splitStatements } from './statements.ts';
