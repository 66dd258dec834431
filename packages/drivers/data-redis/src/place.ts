import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { layoutOf } from '@islet/driver';
import { removeIfEmpty, removeOwnedFolder } from '@islet/driver/owned-folder';
import { serviceUser, type UnixUser } from '@islet/supervise';
import type { RedisOptions } from './options.ts';
import { processName } from './server.ts';

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

export async function placeOf(
  { layout, system }: Pick<RedisOptions, 'layout' | 'system'>,
  service: string,
): Promise<StorePlace> {
  const folder = layoutOf.redis(layout, service);
  return {
    folder,
    data: join(folder, 'data'),
    accessFile: join(folder, 'users.acl'),
    log: join(layoutOf.serviceLogs(layout, service), `${processName(service)}.log`),
    user: await serviceUser({ system, service }),
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
