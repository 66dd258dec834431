import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  choose,
  folderRepository,
  offersOf,
  openVault,
  readCatalog,
  readCopy,
  readLog,
  recoveryKey,
} from '@islet/backup';
import type { DataDriver } from '@islet/driver';
import { patience } from './harness.ts';

/** Made at the first call: whoever is first makes it. */
export async function ledgerKey(folder: string) {
  await writeFile(join(folder, 'key'), Buffer.alloc(32, 7), { flag: 'a' });
  return recoveryKey((await readFile(join(folder, 'key'))).subarray(0, 32));
}

async function vaultIn(folder: string) {
  const by = await ledgerKey(folder);
  return openVault({ repository: folderRepository(join(folder, 'repository')), service: 'ledger', by }, patience());
}

export async function openLedgerVault(folder: string) {
  const offers = async () => offersOf(await readCatalog(await vaultIn(folder), patience()));
  const until = async (what: (newest: Awaited<ReturnType<typeof offers>>[number]) => boolean) => {
    for (const { signal } = patience(); ; await pause(100)) {
      signal.throwIfAborted();
      const newest = (await offers().catch(() => [])).at(-1);
      if (newest !== undefined && what(newest)) return;
    }
  };
  return {
    untilOffered: () => until(() => true),
    /** All that was committed by then. */
    untilStored: (at: number) => until(({ to }) => to > at),
    offeredFrom: async () => (await offers())[0]!.from,
  };
}

export async function restoreLedger(
  driver: DataDriver,
  { repository, as, at }: { readonly repository: string; readonly as: string; readonly at: number },
): Promise<void> {
  const vault = await vaultIn(repository);
  const choice = choose(await readCatalog(vault, patience()), { kind: 'time', at });
  if (choice.kind === 'none') throw new Error(choice.reason);
  const { offer, log, target } = choice;
  const { facts } = offer.copy.manifest;
  const request = { facts, bytes: readCopy(vault, offer, patience()), log: readLog(vault, log, patience()), target };
  await driver.backups!.restore({ service: as, ...request }, patience());
}
