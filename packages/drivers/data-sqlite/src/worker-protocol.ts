import type { MigrateOutcome, MigrationPreview, SeedOutcome, ShellOutcome, StoreMeasures } from '@islet/driver';
import type { Migration } from '@islet/driver/migrations';

/** One line of JSON on the worker's stdin. */
export interface WorkerRequest {
  readonly file: string;
  /** Whom to become before the file is touched; undefined: stay. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly migrations: readonly Migration[];
  /**
   * `preview`: say what would run, and change nothing. `seed`: run the files, and remember none. `check`: read all of the
   * file. `count`: the rows of each table. `measure`: what is known of it from outside.
   */
  readonly task: 'migrate' | 'preview' | 'seed' | 'check' | 'count' | 'measure' | ShellTask;
}

export interface ShellTask {
  readonly text: string;
  readonly write: boolean;
}

/** One line of JSON on its stdout. */
export type WorkerAnswer =
  | { readonly kind: 'done'; readonly outcome: MigrateOutcome }
  | { readonly kind: 'previewed'; readonly preview: MigrationPreview }
  | { readonly kind: 'seeded'; readonly seed: SeedOutcome }
  | { readonly kind: 'answered'; readonly shell: ShellOutcome }
  | { readonly kind: 'checked'; readonly findings: readonly string[] }
  | { readonly kind: 'counted'; readonly rows: Readonly<Record<string, number>> }
  | { readonly kind: 'measured'; readonly measures: StoreMeasures }
  | { readonly kind: 'refused'; readonly reason: string };
