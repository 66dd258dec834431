/** A `*.sql` file of a service's migrations folder. */
export interface Migration {
  /** The file's name: `0002_add_price.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text, in hex, with line ends as `\n`: a checkout with other line ends is the same migration. */
  readonly checksum: string;
  /** It may be applied now; a contract migration may only once no older revision runs. */
  readonly isDue: boolean;
}

/**
 * A file that takes away what an older revision still needs: a column, a table, a name. It is applied after everything
 * else, once its revision has baked and no other runs (expand and contract, as pgroll has it).
 */
export function isContract(name: string): boolean {
  return name.endsWith('.contract.sql');
}

/** What a store remembers of a migration that was applied to it. */
export interface RecordedMigration {
  readonly name: string;
  readonly checksum: string;
  /** ISO 8601. */
  readonly appliedAt: string;
}

export const MIGRATION_LIMITS = {
  /** `*.sql` files in one folder. */
  files: 10_000,
  fileBytes: 16 * 1024 * 1024,
} as const;

/** The first line of a file that can't run in a transaction (`CREATE INDEX CONCURRENTLY`, `VACUUM`). */
export const NO_TRANSACTION = '-- islet: no-transaction';

export function runsInTransaction(migration: Migration): boolean {
  return !migration.sql.split('\n', 1)[0]?.trimEnd().startsWith(NO_TRANSACTION);
}
