import { randomBytes } from 'node:crypto';
import { chown, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DriverError } from '@islet/driver';
import { isFolder, makeOwnedFolder, makePassage, removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import { syncFolder } from '@islet/driver/records';
import { lostData } from '@islet/driver/server';
import type { UnixUser } from '@islet/supervise';
import type { Credentials } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { SUPERUSER } from './names.ts';
import { runAs } from './run-as.ts';
import { scramVerifier } from './scram.ts';
import { initdbArguments, ownFile } from './settings.ts';

/**
 * A service's data directory. `initdb` works in a folder with another name, which is renamed when all of it is on disk:
 * a `cluster` that is there is whole. Every cluster is made by its own `initdb`, never copied, since the server takes
 * two with one system identifier for the same and replays one's log on the other.
 */
export interface ClusterPlace {
  /** The service's data folder, which is Islet's own; in it, `cluster` is the service's. */
  readonly folder: string;
  readonly user: UnixUser | undefined;
}

const CLUSTER = 'cluster';
/** What was written to be taken over to another version. */
export const DUMP = 'dump';

export function clusterFolder({ folder }: Pick<ClusterPlace, 'folder'>): string {
  return join(folder, CLUSTER);
}

export function clusterExists(place: ClusterPlace): Promise<boolean> {
  return isFolder(clusterFolder(place));
}

export interface MakeOptions {
  /** The folder of PostgreSQL's programs, and their major version. */
  readonly bin: string;
  readonly major: number;
  /** With a port: it was started before. */
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

export async function makeCluster(place: ClusterPlace, options: MakeOptions): Promise<void> {
  const { folder, user } = place;
  const { bin, major, credentials, signal } = options;
  const { service } = credentials;
  const cluster = clusterFolder(place);
  if (await clusterExists(place)) return;
  if (credentials.port !== undefined) throw lostData({ product: 'PostgreSQL', service }, cluster);
  const draft = join(folder, 'cluster.new');
  const passwordFile = join(folder, 'superuser');
  await makePassage(folder);
  await removeOwnedFolder(draft);
  await makeOwnedFolder(draft, user);
  try {
    await writePassword(passwordFile, credentials.superuserPassword, user);
    const initdb = join(bin, 'initdb');
    const run = async (argv: readonly [string, ...string[]]) => {
      const { code, output } = await runAs(argv, { user, cwd: draft, signal });
      if (code !== 0) throw initdbFailed(folder, output);
    };
    await run([initdb, ...initdbArguments({ folder: draft, superuser: SUPERUSER, passwordFile, major })]);
    const lines = ownFile(major);
    if (lines.length > 0) {
      // As the service's user: the folder is its own by now, and the file could be a link to anywhere.
      await run(['/bin/sh', '-c', 'printf "%s\\n" "$@" >> postgresql.conf', 'sh', ...lines]);
      await run([initdb, '--sync-only', `--pgdata=${draft}`]);
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
  failpoint('postgres: after initdb');
  await rename(draft, cluster);
  await syncFolder(folder);
  failpoint('postgres: after the rename');
}

/** All of it, half-made ones too. */
export async function removeCluster(folder: string): Promise<void> {
  if (!(await isFolder(folder))) return;
  for (const name of ['cluster.new', DUMP, CLUSTER]) await removeOwnedFolder(join(folder, name));
  await rm(folder, { recursive: true });
  await removeIfEmpty(dirname(folder));
}

/** What it holds is no password but its verifier: it lets nobody in. */
async function writePassword(file: string, password: string, user: UnixUser | undefined): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, `${scramVerifier(password, randomBytes(16))}\n`, { mode: 0o400, flag: 'wx' });
  if (user) await chown(file, user.uid, user.gid);
}

function initdbFailed(folder: string, output: string): DriverError {
  const reason = output.match(/^initdb: (?:error|detail): .*$/m)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
  const code = /no space left/i.test(output) ? 'no-space' : 'internal';
  return new DriverError(code, `PostgreSQL's cluster in ${folder} can't be made: ${reason}`);
}
