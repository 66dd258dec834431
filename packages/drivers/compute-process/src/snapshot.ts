import { constants } from 'node:fs';
import { chmod, copyFile, lchown, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { UnixUser } from '@islet/supervise';
import type { InputFile, InputFiles } from './input-files.ts';
import { LIMITS } from './limits.ts';

/** Copies the inputs below `to`, for `user` to build in. */
export async function copyInputs({ inputs, to, user, signal }: CopyInputs): Promise<void> {
  const folders = new Set<string>([to, join(to, inputs.home)]);
  for (const file of inputs.files) folders.add(dirname(join(to, file.path)));
  for (const folder of withAncestors(folders, to)) {
    await mkdir(folder, { recursive: true });
    await own(folder, user);
  }
  const left = inputs.files.values();
  const copiers = Array.from({ length: LIMITS.parallelCopies }, async () => {
    for (const file of left) {
      signal.throwIfAborted();
      await copy(file, { from: join(inputs.root, file.path), to: join(to, file.path), user });
    }
  });
  await Promise.all(copiers);
}

interface CopyInputs {
  readonly inputs: InputFiles;
  readonly to: string;
  readonly user: UnixUser | undefined;
  readonly signal: AbortSignal;
}

async function copy(file: InputFile, { from, to, user }: { from: string; to: string; user: UnixUser | undefined }) {
  if (file.kind === 'link') {
    await symlink(file.target, to);
  } else {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, file.executable ? 0o755 : 0o644);
  }
  await own(to, user);
}

/** Each after the folder that it lies in. */
function withAncestors(folders: ReadonlySet<string>, root: string): readonly string[] {
  const all = new Set<string>();
  for (const folder of folders) {
    for (let at = folder; at.startsWith(root); at = dirname(at)) all.add(at);
  }
  return [...all].sort();
}

async function own(path: string, user: UnixUser | undefined): Promise<void> {
  if (user !== undefined) await lchown(path, user.uid, user.gid);
}
