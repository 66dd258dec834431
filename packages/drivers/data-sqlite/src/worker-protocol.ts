import type { MigrateOutcome } from '@islet/driver';
import type { Migration } from '@islet/driver/migrations';

/** One line of JSON on the worker's stdin. */
export interface WorkerRequest {
  readonly file: string;
  /** Whom to become before the file is touched; undefined: stay. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly migrations: readonly Migration[];
}

/** One line of JSON on its stdout. */
export type WorkerAnswer =
  | { readonly kind: 'done'; readonly outcome: MigrateOutcome }
  | { readonly kind: 'refused'; readonly reason: string };
