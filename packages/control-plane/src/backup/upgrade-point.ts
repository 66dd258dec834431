import type { Decisions } from '../store/decisions.ts';
import { type BackUpParts, backUpNow } from './back-up-now.ts';
import type { KeptStore } from './kept-stores.ts';

export interface UpgradePointParts extends BackUpParts {
  readonly decisions: Pick<Decisions, 'record'>;
}

/**
 * All that is in a store which runs, and which nobody writes to, is in its backups, so that `--to before-upgrade` finds it however long
 * the old store is gone. Throws where that can't be had: what can't be brought back is not taken over.
 */
export async function markUpgradePoint(store: KeptStore, to: string, parts: UpgradePointParts): Promise<void> {
  if ((await backUpNow(store, parts)) === 'nothing') return;
  const at = parts.clock.now();
  parts.decisions.record({ kind: 'upgrade-point', service: store.service, at, to }, at);
}
