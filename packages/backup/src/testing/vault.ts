import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataDriver, RestoreOutcome, StoreReader } from '@islet/driver';
import { readCatalog } from '../catalog.ts';
import { folderRepository } from '../folder-repository.ts';
import type { KeepParts, StoreOrder, StoreTold } from '../keep/order.ts';
import { recoveryKey } from '../keys.ts';
import { readCopy, readLog, spansOf } from '../read-copy.ts';
import type { Repository } from '../repository.ts';
import { choose, type Offer, offersOf, type Wanted } from '../restorable.ts';
import { openVault, type Vault } from '../vault.ts';

/** A vault in a folder, with a key that every process of a test knows. */
export interface TestVault {
  readonly folder: string;
  /** Of the repository in the folder, or of one that stands for it. */
  open(instead?: Repository): Promise<Vault>;
  /** For `keepStore`; every told word goes to `tell`. */
  parts(reader: StoreReader, tell?: (told: StoreTold) => void): KeepParts;
  /** Waits until the newest offer is so. */
  until(what: (newest: Offer) => boolean): Promise<void>;
  offers(): Promise<readonly Offer[]>;
  /** Makes a store of that name from it. */
  restore(driver: DataDriver, as: string, wanted: Wanted): Promise<RestoreOutcome>;
}

const KEY = recoveryKey(Buffer.alloc(32, 7));
const DEADLINE_MS = 120_000;

export function openTestVault(folder: string, service: string): TestVault {
  const repository = folderRepository(join(folder, 'repository'));
  const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });
  const open = (instead = repository) => openVault({ repository: instead, service, by: KEY }, options());
  const offers = async () => offersOf(await readCatalog(await open(), options()));
  return {
    folder: join(folder, 'repository', service),
    open,
    offers,
    parts: (reader, tell = () => undefined) => ({
      reader,
      repository,
      by: KEY,
      tell,
      now: () => Date.now(),
      pause: async (ms, { signal }) => pause(ms, undefined, { signal }),
      oneAtATime: (act) => act(),
    }),
    until: async (what) => {
      for (const { signal } = options(); ; await pause(100)) {
        signal.throwIfAborted();
        const newest = (await offers().catch(() => [])).at(-1);
        if (newest !== undefined && what(newest)) return;
      }
    },
    restore: async (driver, as, wanted) => {
      const vault = await open();
      const choice = choose(await readCatalog(vault, options()), wanted);
      if (choice.kind === 'none' || driver.backups === undefined) throw new Error('nothing can be restored');
      const { offer, log, target } = choice;
      const { facts } = offer.copy.manifest;
      const [bytes, chunks] = [readCopy(vault, offer, options()), readLog(vault, log, options())];
      return driver.backups.restore(
        { service: as, facts, bytes, read: spansOf(vault, offer), log: chunks, target },
        options(),
      );
    },
  };
}

/** What a service asks for that says nothing. */
export function orderOf(service: string, source: StoreOrder['source']): StoreOrder {
  const keep = { daily: 7, weekly: 0, monthly: 0 };
  return { service, source, everyMs: 86_400_000, pitr: true, keep, askedAt: undefined };
}
