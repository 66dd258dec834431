/** Names: pgBackRest, Barman. */
export interface BackupSpec {
  readonly everyMs: number;
  /** Any instant can be restored, since the oldest daily copy. */
  readonly pitr: boolean;
  /** The newest copy of each of so many days, weeks and months. */
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number };
}

/** How often a backup must prove that it comes back, and what must hold then. */
export interface DrillSpec {
  readonly everyMs: number;
  readonly maxRtoMs: number;
  /** What is restored is also served, and asked by `test.smoke`. */
  readonly smoke: boolean;
  readonly check: readonly DrillCheck[];
}

export type DrillCheck =
  | { readonly kind: 'min'; readonly query: string; readonly min: number }
  | { readonly kind: 'maxAge'; readonly query: string; readonly maxAgeMs: number };
