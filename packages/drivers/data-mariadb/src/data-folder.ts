import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeOwnedFolder, makePassage, removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import { syncFolder } from '@islet/driver/records';
import { runAs, type UnixUser } from '@islet/supervise';
import { installFailed } from './failures.ts';
import { ENVIRONMENT } from './server.ts';

export interface DataPlace {
  /** The server's data, of the service's user, in a folder of Islet's own. */
  readonly data: string;
  readonly user: UnixUser | undefined;
}

/** Copied under another name, by whose it will be, and renamed when it is whole: data that is there is whole. */
export async function makeData({ data, user }: DataPlace, template: string, signal: AbortSignal): Promise<void> {
  const draft = `${data}.new`;
  await makePassage(dirname(data));
  await removeOwnedFolder(draft);
  await makeOwnedFolder(draft, user);
  const how = { user, cwd: draft, env: ENVIRONMENT, signal };
  const { code, output } = await runAs(['/bin/cp', '-R', `${template}/.`, draft], how);
  if (code !== 0) throw installFailed(data, output);
  await runAs(['/bin/sync', '-f', draft], how);
  await takePlace(draft, data);
}

export async function takePlace(draft: string, data: string): Promise<void> {
  await rename(draft, data);
  await syncFolder(dirname(data));
}

/** What a server writes for the time that a statement takes. */
export function temporaryIn(folder: string): string {
  return join(folder, 'tmp');
}

export async function removeStore(folder: string): Promise<void> {
  const data = join(folder, 'data');
  for (const path of [`${data}.new`, `${data}.log`, temporaryIn(folder), data]) await removeOwnedFolder(path);
  await rm(folder, { recursive: true, force: true });
  await removeIfEmpty(dirname(folder));
}
