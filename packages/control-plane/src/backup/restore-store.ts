import {
  choose,
  folderRepository,
  type Offer,
  openVault,
  readCatalog,
  readCopy,
  readLog,
  type Vault,
  type Wanted,
} from '@islet/backup';
import { type CallOptions, type DataDriver, DriverError, type Layout, type RestoreOutcome } from '@islet/driver';
import { backupFiles, ensureRecoveryKey } from './files.ts';

export interface StoreWish {
  /** Whose backups. */
  readonly store: string;
  /** What the new store is called: a service's own name, `drill.…` or `branch.…`. */
  readonly as: string;
  readonly wanted: Wanted;
}

export interface StoreRestored {
  readonly offer: Offer;
  readonly outcome: RestoreOutcome;
}

/** A store's vault on this machine. Throws `not-found` where it was never backed up. */
export function openOwnVault(layout: Layout, store: string, options: CallOptions): Promise<Vault> {
  const repository = folderRepository(backupFiles.repository(layout));
  return openVault({ repository, service: store, by: ensureRecoveryKey(layout) }, options);
}

/** Throws `not-found`, with what there is nearby, where nothing holds what is wanted. */
export async function restoreStore(
  { store, as, wanted }: StoreWish,
  { layout, driver }: { readonly layout: Layout; readonly driver: DataDriver },
  options: CallOptions,
): Promise<StoreRestored> {
  const { backups } = driver;
  if (backups === undefined) throw new DriverError('unsupported', `a store of ${driver.engine} can't be restored`);
  const vault = await openOwnVault(layout, store, options);
  const choice = choose(await readCatalog(vault, options), wanted);
  if (choice.kind === 'none') {
    throw new DriverError('not-found', choice.reason, choice.hint === undefined ? {} : { hint: choice.hint });
  }
  const { offer, log, target } = choice;
  const { facts } = offer.copy.manifest;
  const bytes = readCopy(vault, offer, options);
  const outcome = await backups.restore(
    { service: as, facts, bytes, log: readLog(vault, log, options), target },
    options,
  );
  return { offer, outcome };
}

/** For people: `as of 2026-11-27T02:25:04.000Z`. */
export function describeWanted(wanted: Wanted): string {
  switch (wanted.kind) {
    case 'latest':
      return 'as of the end of its log';
    case 'time':
      return `as of ${new Date(wanted.at).toISOString()}`;
    case 'copy':
      return `as of copy ${wanted.copy}`;
  }
}
