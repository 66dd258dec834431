import { mistakeIn } from './mistakes.ts';
import { isContract, type Migration, type RecordedMigration } from './model.ts';
import { byName } from './order.ts';

/**
 * Which migrations of a folder a store still lacks.
 *
 * A store's history is a line: every file that was applied, in order. A folder may be ahead of that line (the new ones
 * are applied) or behind it (an older revision after a rollback: nothing to do), but never beside it. So the files and
 * the records must agree wherever both could have something to say:
 *
 * - An applied file whose text changed would leave stores that differ under one name.
 * - An applied file that is missing, while a later one is there, is not an older revision: someone deleted it.
 * - A new file that sorts before an applied one would run in another order here than in a fresh store.
 *
 * Contract migrations are no part of that line: they come when no older revision runs, whatever was applied by then.
 */
export function planMigrations(files: readonly Migration[], recorded: readonly RecordedMigration[]): MigrationPlan {
  const sorted = files.toSorted((a, b) => byName(a.name, b.name));
  const lastFile = sorted.at(-1)?.name;
  const lastRecorded = recorded
    .map(({ name }) => name)
    .filter((name) => !isContract(name))
    .toSorted(byName)
    .at(-1);
  const byFile = new Map(sorted.map((file) => [file.name, file]));
  const applied = new Set(recorded.map(({ name }) => name));

  for (const record of recorded.toSorted((a, b) => byName(a.name, b.name))) {
    const file = byFile.get(record.name);
    if (file && file.checksum !== record.checksum) return refuse(record.name, changed(record));
    if (!file && lastFile !== undefined && byName(record.name, lastFile) < 0)
      return refuse(record.name, missing(record));
  }
  const missingHere = sorted.filter(({ name }) => !applied.has(name));
  const pending = missingHere.filter(({ isDue }) => isDue);
  for (const file of pending) {
    if (lastRecorded !== undefined && !isContract(file.name) && byName(file.name, lastRecorded) < 0) {
      return refuse(file.name, outOfOrder(file, lastRecorded));
    }
    const mistake = mistakeIn(file);
    if (mistake !== undefined) return refuse(file.name, mistake);
  }
  const later = missingHere.filter(({ isDue }) => !isDue).map(({ name }) => name);
  return { kind: 'pending', migrations: pending, later };
}

export type MigrationPlan =
  | {
      readonly kind: 'pending';
      readonly migrations: readonly Migration[];
      /** Contract migrations that are not due yet. */
      readonly later: readonly string[];
    }
  | { readonly kind: 'refused'; readonly migration: string; readonly reason: string };

function refuse(migration: string, reason: string): MigrationPlan {
  return { kind: 'refused', migration, reason };
}

function changed({ name, appliedAt }: RecordedMigration): string {
  return `tampered: ${name} was applied at ${appliedAt} with other content; restore the file and add a new migration`;
}

function missing({ name, appliedAt }: RecordedMigration): string {
  return `tampered: ${name} was applied at ${appliedAt} and is missing, though later ones are there; restore the file`;
}

function outOfOrder({ name }: Migration, lastRecorded: string): string {
  return `out of order: ${name} is new, but ${lastRecorded} is already applied; rename it so that it comes after that`;
}
