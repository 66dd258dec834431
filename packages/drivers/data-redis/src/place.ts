import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import type { StoreServers } from '@islet/driver/server';
import type { UnixUser } from '@islet/supervise';
import type { RedisRecord } from './records.ts';

export type RedisServers = StoreServers<RedisRecord>;

/** Where a service's Redis is. */
export interface StorePlace {
  /** Root's. */
  readonly folder: string;
  /** The server's data, of the service's user. */
  readonly data: string;
  readonly accessFile: string;
  readonly log: string;
  readonly user: UnixUser | undefined;
}

export async function placeOf(servers: RedisServers, service: string): Promise<StorePlace> {
  const folder = servers.folderOf(service);
  return {
    folder,
    data: join(folder, 'data'),
    accessFile: join(folder, 'users.acl'),
    log: servers.logOf(service),
    user: await servers.userOf(service),
  };
}

/** What a restore is made in. */
export function draftOf({ data }: Pick<StorePlace, 'data'>): string {
  return `${data}.new`;
}

export async function removeStore({ folder, data }: StorePlace): Promise<void> {
  for (const owned of [draftOf({ data }), data]) await removeOwnedFolder(owned);
  await rm(folder, { recursive: true, force: true });
  await removeIfEmpty(dirname(folder));
}
