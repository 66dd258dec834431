import type { DataDriver, MigrateRequest } from '@islet/driver';
import type { Decisions } from '../store/decisions.ts';
import { type BackUpParts, backUpNow } from './back-up-now.ts';
import type { KeptStore } from './kept-stores.ts';

export interface RestorePointParts extends BackUpParts {
  readonly decisions: Decisions;
}

/** Before any of the migrations runs: `islet restore orders --to before-migration` goes back to here. */
export async function markRestorePoint(
  store: KeptStore,
  request: MigrateRequest,
  { driver, ...parts }: RestorePointParts & { readonly driver: DataDriver },
): Promise<void> {
  const preview = await driver.previewMigrations(request, { signal: parts.signal });
  if (preview.kind !== 'pending' || preview.migrations.length === 0) return;
  const migrations = preview.migrations.map(({ name }) => name);
  await pointBefore(store, migrations, parts);
}

/**
 * A log that is kept holds this instant by itself; without one a copy does, which is made now. Of a store that was never
 * copied there is nothing to go back to yet. Throws where the copy can't be had.
 */
export async function pointBefore(
  store: KeptStore,
  migrations: readonly string[],
  parts: RestorePointParts,
): Promise<void> {
  const { backups, decisions, clock } = parts;
  const wasCopied = backups?.told()?.stores.find(({ service }) => service === store.id)?.last !== undefined;
  if (store.backup?.pitr === false && wasCopied) await backUpNow(store, parts);
  const at = clock.now();
  decisions.record({ kind: 'restore-point', service: store.service, at, migrations }, at);
}
