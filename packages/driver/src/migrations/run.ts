import type { MigrateOutcome } from '../data.ts';
import type { Migration, RecordedMigration } from './model.ts';
import { planMigrations } from './plan.ts';

/** A store, as far as migrations need it. */
export interface MigrationStore {
  recorded(): Promise<readonly RecordedMigration[]>;
  /** Runs it and records it, both or neither (but for what runs outside of a transaction). */
  apply(migration: Migration): Promise<ApplyOutcome>;
}

export type ApplyOutcome =
  | { readonly kind: 'applied' }
  /** Someone else was faster. */
  | { readonly kind: 'already-applied' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Applies what is pending, one by one; plans anew after each, so that two at once never apply one twice. */
export async function runMigrations(
  store: MigrationStore,
  files: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrateOutcome> {
  const applied: string[] = [];
  for (;;) {
    signal.throwIfAborted();
    const plan = planMigrations(files, await store.recorded());
    if (plan.kind === 'refused') return { kind: 'failed', migration: plan.migration, reason: plan.reason };
    const [next] = plan.migrations;
    if (!next) return { kind: 'migrated', applied, ...(plan.later.length > 0 ? { later: plan.later } : {}) };
    const outcome = await store.apply(next);
    if (outcome.kind === 'failed') return { kind: 'failed', migration: next.name, reason: outcome.reason };
    if (outcome.kind === 'applied') applied.push(next.name);
  }
}
