import {
  folderRepository,
  openVault,
  readCatalog,
  readCopy,
  readLog,
  spansOf,
  type Vault,
  type Wanted,
} from '@islet/backup';
import { type CallOptions, type DataDriver, DriverError, type Layout } from '@islet/driver';
import { backupFiles, ensureRecoveryKey } from './files.ts';
import type { KeptStore } from './kept-stores.ts';
import { type Found, type Moment, momentOf, type StoreCatalog } from './moment.ts';

export interface StoreWish {
  /** What comes back together; the first is the one that an instant is chosen by. */
  readonly stores: readonly KeptStore[];
  /** What the new stores are called: the service's own name, `drill.…` or `branch.…`. */
  readonly as: string;
  readonly wanted: Wanted;
}

export interface StoreRestored {
  readonly moment: Extract<Moment, { kind: 'found' }>;
  /** The log of the first store ended before the instant that was asked for. */
  readonly isShort: boolean;
}

/** A vault on this machine. Throws `not-found` where nothing was ever put there. */
export function openOwnVault(layout: Layout, vault: string, options: CallOptions): Promise<Vault> {
  const repository = folderRepository(backupFiles.repository(layout));
  return openVault({ repository, service: vault, by: ensureRecoveryKey(layout) }, options);
}

/** What is there of each store. Throws where the first has nothing. */
export async function catalogsOf(
  stores: readonly KeptStore[],
  open: (vault: string) => Promise<Vault>,
  options: CallOptions,
): Promise<readonly StoreCatalog[]> {
  return Promise.all(
    stores.map(async (store, index) => {
      const vault = await open(store.id).catch((error: unknown) => {
        if (index > 0 && DriverError.from(error).code === 'not-found') return undefined;
        throw error;
      });
      return { store, catalog: vault && (await readCatalog(vault, options)) };
    }),
  );
}

/** Which copies make a service as it is wanted. Throws `not-found`, with what there is nearby, where none do. */
export async function findMoment(
  { stores, wanted }: Pick<StoreWish, 'stores' | 'wanted'>,
  layout: Layout,
  options: CallOptions,
): Promise<Extract<Moment, { kind: 'found' }>> {
  const catalogs = await catalogsOf(stores, (vault) => openOwnVault(layout, vault, options), options);
  const moment = momentOf(wanted, catalogs);
  if (moment.kind === 'found') return moment;
  throw new DriverError('not-found', moment.reason, moment.hint === undefined ? {} : { hint: moment.hint });
}

/** Makes all of a service's stores that are backed up, one after the other. What an error leaves is for the caller to remove. */
export async function restoreStores(
  { stores, as, wanted }: StoreWish,
  { layout, data }: { readonly layout: Layout; readonly data: readonly DataDriver[] },
  options: CallOptions,
): Promise<StoreRestored> {
  const moment = await findMoment({ stores, wanted }, layout, options);
  let isShort = false;
  for (const { store, choice } of moment.parts) {
    if (choice === undefined) continue;
    const vault = await openOwnVault(layout, store.id, options);
    const kind = await restoreOne(choice, { as, vault, driver: driverOf(store, data) }, options);
    isShort ||= kind === 'short';
  }
  return { moment, isShort };
}

async function restoreOne(
  { offer, log, target }: Found,
  { as, vault, driver }: { readonly as: string; readonly vault: Vault; readonly driver: DataDriver },
  options: CallOptions,
): Promise<'restored' | 'short'> {
  const { backups } = driver;
  if (backups === undefined) throw new DriverError('unsupported', `a store of ${driver.engine} can't be restored`);
  const [bytes, read] = [readCopy(vault, offer, options), spansOf(vault, offer)];
  const { facts } = offer.copy.manifest;
  const request = { service: as, facts, bytes, read, log: readLog(vault, log, options), target };
  return (await backups.restore(request, options)).kind;
}

/** Those that keep a service's stores, in their order. */
export function driversOf(stores: readonly KeptStore[], data: readonly DataDriver[]): readonly DataDriver[] {
  return stores.map((store) => driverOf(store, data));
}

function driverOf({ engine }: KeptStore, data: readonly DataDriver[]): DataDriver {
  const driver = data.find((one) => one.engine === engine);
  if (driver === undefined) throw new DriverError('unsupported', `nothing here keeps a store of ${engine}`);
  return driver;
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
