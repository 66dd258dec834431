import { open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

export type ReadFile =
  | { readonly kind: 'read'; readonly path: string; readonly text: string }
  | { readonly kind: 'unreadable'; readonly why: string };

const LIMIT_BYTES = 1024 * 1024;

/** A file of the system, and none that a link or `..` leads to outside of it. `folder` is relative to `root`, or absolute. */
export async function readContractFile(root: string, folder: string, file: string): Promise<ReadFile> {
  try {
    const [inside, path] = await Promise.all([realpath(root), realpath(resolve(root, folder, file))]);
    if (!path.startsWith(`${inside}${sep}`)) return { kind: 'unreadable', why: 'lies outside of the system’s folder' };
    await using handle = await open(path, 'r');
    const { size } = await handle.stat();
    if (size > LIMIT_BYTES) return { kind: 'unreadable', why: `is larger than ${LIMIT_BYTES} bytes` };
    return { kind: 'read', path, text: await handle.readFile('utf8') };
  } catch (error) {
    return { kind: 'unreadable', why: `can’t be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}` };
  }
}
