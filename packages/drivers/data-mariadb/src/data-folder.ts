import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFolder, makeOwnedFolder, makePassage, removeOwnedFolder } from '@islet/driver/owned-folder';
import { runAs, type UnixUser } from '@islet/supervise';
import { installFailed } from './failures.ts';
import { requireProgram } from './programs.ts';
import { ENVIRONMENT } from './server.ts';

export interface DataPlace {
  /** The server's data, of the service's user, in a folder of Islet's own. */
  readonly data: string;
  readonly user: UnixUser | undefined;
}

/** Made under another name, and renamed when it is whole: data that is there is whole. */
export async function makeData({ data, user }: DataPlace, path: string, signal: AbortSignal): Promise<void> {
  const draft = `${data}.new`;
  await makePassage(dirname(data));
  await removeOwnedFolder(draft);
  await makeOwnedFolder(draft, user);
  const argv = [
    ...['--no-defaults', `--datadir=${draft}`, '--auth-root-authentication-method=normal'],
    ...['--skip-test-db', '--skip-name-resolve'],
  ];
  const program = requireProgram('mariadb-install-db', path);
  const { code, output } = await runAs([program, ...argv], { user, cwd: draft, env: ENVIRONMENT, signal });
  if (code !== 0) throw installFailed(data, output);
  await takePlace(draft, data);
}

export async function takePlace(draft: string, data: string): Promise<void> {
  await rename(draft, data);
  const folder = await open(dirname(data), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function removeData({ data }: Pick<DataPlace, 'data'>): Promise<void> {
  if (!(await isFolder(dirname(data)))) return;
  for (const path of [`${data}.new`, `${data}.log`, data]) await removeOwnedFolder(path);
}
