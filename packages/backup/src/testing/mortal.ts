import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CallOptions } from '@islet/driver';
import { folderRepository } from '../folder-repository.ts';
import { parseName } from '../names.ts';
import type { Repository } from '../repository.ts';

/** An instant at which the process that makes backups is killed: around its first change of such an object. What is removed of a copy is of one that was whole. */
export interface Death {
  readonly change: 'put' | 'remove';
  readonly of: 'key' | 'era' | 'piece' | 'manifest' | 'log' | 'head';
  /** `half`: some of its bytes are on the disk. */
  readonly when: 'before' | 'half' | 'after';
}

/** A folder that kills whoever writes to it, at the instant given; without one, a folder. */
export function mortalRepository(folder: string, death: Death | undefined): Repository {
  return mortal(folderRepository(folder), death, async (name, bytes) => writeHalf(join(folder, name), bytes));
}

/** The same of any repository; `half` leaves what somebody leaves who is killed while it writes. */
export function mortal(
  repository: Repository,
  death: Death | undefined,
  half: (name: string, bytes: Uint8Array) => Promise<void>,
): Repository {
  const isThen = (change: Death['change'], name: string, when: Death['when']) =>
    death?.change === change && death.when === when && parseName(withoutService(name))?.kind === death.of;
  let whole: Promise<ReadonlySet<string>> | undefined;
  /** What was never whole may go in any order. */
  const isOfWhole = async (name: string, options: CallOptions) => {
    if (!name.includes('/copies/')) return true;
    whole ??= repository.list('', options).then(
      (all) =>
        new Set(
          all
            .map((one) => one.name)
            .filter(isManifest)
            .map(dirname),
        ),
    );
    return (await whole).has(dirname(name));
  };
  return {
    ...repository,
    put: async (name, bytes, options) => {
      if (isThen('put', name, 'before')) die();
      if (isThen('put', name, 'half')) {
        await half(name, bytes);
        die();
      }
      await repository.put(name, bytes, options);
      if (isThen('put', name, 'after')) die();
    },
    remove: async (name, options) => {
      const isMeant = await isOfWhole(name, options);
      if (isMeant && isThen('remove', name, 'before')) die();
      await repository.remove(name, options);
      if (isMeant && isThen('remove', name, 'after')) die();
    },
  };
}

/** As a folder's repository does it: what is not whole has a name that is never listed. */
function writeHalf(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(join(dirname(path), '.half.new'), bytes.subarray(0, bytes.length / 2));
}

function isManifest(name: string): boolean {
  return name.endsWith('/manifest');
}

function withoutService(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
  // It comes before the next instruction of this thread, or a moment later.
  for (;;);
}
