import type { MigrateOutcome, MigrationPreview } from '@islet/driver';
import type { Migration } from '@islet/driver/migrations';

/** One line of JSON on the worker's stdin. */
export interface WorkerRequest {
  readonly file: string;
  /** Whom to become before the file is touched; undefined: stay. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly migrations: readonly Migration[];
  /** `preview`: say what would run, and change nothing. */
  readonly task: 'migrate' | 'preview';
}

/** One line of JSON on its stdout. */
export type WorkerAnswer =
  | { readonly kind: 'done'; readonly outcome: MigrateOutcome }
  | { readonly kind: 'previewed'; readonly preview: MigrationPreview }
  | { readonly kind: 'refused'; readonly reason: string };
