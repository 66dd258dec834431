import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The folder of a copy of a program that every user can run, made at the first call: for a program that is installed where
 * only its owner can go. A program replaced by another gets another folder, so that what runs is never overwritten.
 */
export async function ensureTool({ name, source, folder }: ToolOptions): Promise<string> {
  const { size, mtimeMs } = await stat(source);
  const bin = join(folder, `${name}-${size}-${Math.floor(mtimeMs)}`);
  if (existsSync(join(bin, name))) return bin;
  await mkdir(bin, { recursive: true, mode: 0o755 });
  // Whatever the umask is.
  for (const made of [folder, bin]) await chmod(made, 0o755);
  const draft = join(bin, `.${name}-${randomUUID()}`);
  try {
    await copyFile(source, draft, constants.COPYFILE_FICLONE);
    await chmod(draft, 0o755);
    await rename(draft, join(bin, name));
  } finally {
    await rm(draft, { force: true });
  }
  return bin;
}

interface ToolOptions {
  /** What it is called in the folder. */
  readonly name: string;
  /** The program, links resolved. It must be one file that stands alone. */
  readonly source: string;
  /** Keeps such copies, for all systems of the machine: `/var/lib/islet/tools`. */
  readonly folder: string;
}
