import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isFolder, removeOwnedFolder } from '@islet/driver/owned-folder';

/** The folder itself is Islet's; each in it is the service's. */
export async function removeVolumes(folder: string): Promise<void> {
  if (!(await isFolder(folder))) return;
  for (const name of await readdir(folder)) await removeOwnedFolder(join(folder, name));
  await rmdir(folder);
}
