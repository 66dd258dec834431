import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, truncate } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/**
 * Rotates a log that others hold open for append.
 *
 * The file can't be renamed away: its writers would follow it. Copy and truncate loses what is written in between. So the
 * beginning is copied, and exactly the bytes that were copied are cut out of the file, while its writers go on at the end:
 *
 * - `fallocate --collapse-range` removes them (ext4, xfs), in whole blocks, so the copy ends at a block's end;
 * - where that is unknown, `--punch-hole` frees them (btrfs, tmpfs, …): the file keeps its length, and begins with NULs that
 *   take no space and that a reader skips;
 * - where neither is, the file is truncated, and what is written between copy and truncation is lost.
 *
 * So `log.2`, `log.1`, `log` one after the other are what was written, byte for byte. A rotation killed between copy and cut
 * leaves those bytes twice; never none.
 */
export async function rotateLog(
  path: string,
  { maxBytes, keep }: { maxBytes: number; keep: number },
): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || info.blocks * 512 <= maxBytes || info.size <= maxBytes) return false;
  const from = await firstByteOfData(path, info);
  const end = info.size - (info.size % BLOCK);
  await pipeline(
    createReadStream(path, { start: from, end: end - 1 }),
    createWriteStream(`${path}.new`, { mode: 0o600 }),
  );
  for (let index = keep - 1; index >= 1; index--)
    await rename(`${path}.${index}`, `${path}.${index + 1}`).catch(() => {});
  await rename(`${path}.new`, `${path}.1`);
  await cut(path, end);
  return true;
}

/** A multiple of every usual file system's block. */
const BLOCK = 4096;

/** A file that was punched before holds data only in its last blocks, as many as it takes. */
async function firstByteOfData(path: string, info: { size: number; blocks: number }): Promise<number> {
  const allocated = info.blocks * 512;
  if (allocated >= info.size) return 0;
  for await (const chunk of createReadStream(path, { start: 0, end: 0 })) {
    if ((chunk as Buffer)[0] !== 0) return 0;
  }
  return Math.max(0, (Math.floor(info.size / BLOCK) + 1) * BLOCK - allocated);
}

async function cut(path: string, bytes: number): Promise<void> {
  for (const how of ['--collapse-range', '--punch-hole']) {
    try {
      await promisify(execFile)('fallocate', [how, '--offset', '0', '--length', String(bytes), path]);
      return;
    } catch {
      // Unknown to this file system; the essay above says what comes next.
    }
  }
  await truncate(path, 0);
}

export async function removeLogs(path: string, keep: number): Promise<void> {
  for (const suffix of ['', '.new', ...Array.from({ length: keep }, (_, index) => `.${index + 1}`)]) {
    await rm(`${path}${suffix}`, { force: true });
  }
}
