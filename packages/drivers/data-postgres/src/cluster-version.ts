import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DriverError, StoreServer } from '@islet/driver';
import { type ClusterPlace, clusterFolder } from './cluster.ts';
import { otherVersion } from './failures.ts';

/** The major version that made the data, as the data itself says; undefined: there is none. */
export async function clusterVersion(place: Pick<ClusterPlace, 'folder'>): Promise<number | undefined> {
  const text = await readShort(join(clusterFolder(place), 'PG_VERSION'));
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** Why the data can't be what is asked for; undefined: it can. A minor version is the programs' own. */
export async function refusalOf(
  service: string,
  { place, asked }: { readonly place: Pick<ClusterPlace, 'folder'>; readonly asked: StoreServer | undefined },
): Promise<DriverError | undefined> {
  if (asked?.version === undefined) return undefined;
  const made = await clusterVersion(place);
  return made === undefined || made === asked.version
    ? undefined
    : otherVersion(service, { made, asked: asked.version });
}

const MOST_BYTES = 16;

/** The folder is the service's own, and may hold a link to anything. */
async function readShort(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    },
  );
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
