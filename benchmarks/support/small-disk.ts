import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Somebody else may write meanwhile. */
const MARGIN_BYTES = 1024 * 1024;

/** A filesystem of its own, in memory, to be filled. */
export interface SmallDisk extends Disposable {
  readonly folder: string;
  fill(): void;
  free(): void;
}

/** Undefined: this machine lets nobody mount. */
export function mountSmallDisk(mebibytes: number): SmallDisk | undefined {
  const folder = mkdtempSync('/var/tmp/islet-bench-disk-');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const options = `size=${mebibytes}m,mode=755`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'islet-bench', folder], { stdio: 'ignore' });
  } catch {
    remove();
    return undefined;
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => {
      const { bavail, bsize } = statfsSync(folder);
      // Without writing it all, which would be a load of its own.
      execFileSync('fallocate', ['--length', String(bavail * bsize - MARGIN_BYTES), filler]);
    },
    free: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => {
      execFileSync('umount', ['--lazy', folder]);
      remove();
    },
  };
}
