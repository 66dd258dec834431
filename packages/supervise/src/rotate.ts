import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { LIMITS } from './limits.ts';

/**
 * Rotates a log that others hold open for append.
 *
 * The file can't be renamed away: its writers would follow it. Copy and truncate loses what is written in between. So the
 * beginning is copied, and exactly the bytes that were copied are cut out of the file, while its writers go on at the end:
 *
 * - `fallocate --collapse-range` removes them (ext4, xfs), in whole blocks, so the copy ends at a block's end;
 * - where that is unknown, `--punch-hole` frees them (btrfs, tmpfs, …): the file keeps its length and begins with NULs that
 *   take no space; `<log>.begin` says where its bytes begin;
 * - where neither is, the file is truncated, and what is written between copy and truncation is lost.
 *
 * So `log.2`, `log.1`, `log` one after the other are what was written, byte for byte. A rotation killed between copy and cut
 * leaves those bytes twice; never none.
 */
export async function rotateLog(
  path: string,
  { maxBytes, keep }: { maxBytes: number; keep: number },
): Promise<boolean> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  const from = await beginOfLog(path, size);
  if (size - from <= maxBytes) return false;
  const end = size - (size % BLOCK);
  await pipeline(
    createReadStream(path, { start: from, end: end - 1 }),
    createWriteStream(`${path}.new`, { mode: 0o600 }),
  );
  for (let index = keep - 1; index >= 1; index--) {
    await rename(`${path}.${index}`, `${path}.${index + 1}`).catch(ignoreMissing);
  }
  await rename(`${path}.new`, `${path}.1`);
  await cut(path, end);
  return true;
}

/** Where a log's bytes begin: after what was punched out of it. */
export async function beginOfLog(path: string, size: number): Promise<number> {
  const punched = Number(await readFile(`${path}.begin`, 'utf8').catch(() => '0'));
  return punched <= size ? punched : 0;
}

export async function removeLogs(path: string, keep: number = LIMITS.rotation.keep): Promise<void> {
  const suffixes = ['', '.new', '.begin', ...Array.from({ length: keep }, (_, index) => `.${index + 1}`)];
  for (const suffix of suffixes) await rm(`${path}${suffix}`, { force: true });
}

/** A multiple of every usual file system's block. */
const BLOCK = 4096;

async function cut(path: string, bytes: number): Promise<void> {
  if (await fallocate('--collapse-range', path, bytes)) return rm(`${path}.begin`, { force: true });
  await writeFile(`${path}.begin`, String(bytes));
  if (await fallocate('--punch-hole', path, bytes)) return;
  await truncate(path, 0);
  await rm(`${path}.begin`, { force: true });
}

/** False: unknown to this file system, or to this machine. */
async function fallocate(how: string, path: string, bytes: number): Promise<boolean> {
  try {
    await promisify(execFile)('fallocate', [how, '--offset', '0', '--length', String(bytes), path]);
    return true;
  } catch {
    return false;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
