import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DriverError, type StoreBackups } from '@islet/driver';
import { isFolder, makePassage, removeIfEmpty } from '@islet/driver/owned-folder';
import type { Records } from '@islet/driver/records';
import type { Turns } from '@islet/supervise';
import { followerOf, writeAccess } from '../access.ts';
import { adminOf, readerOf, withClient } from '../client.ts';
import { serverRuns } from '../failures.ts';
import { infoOf } from '../info.ts';
import type { RedisOptions } from '../options.ts';
import { placeOf } from '../place.ts';
import { type RedisRecord, type Started, withFollower } from '../records.ts';
import { processName, runningServer } from '../server.ts';
import type { Settings } from '../settings.ts';
import { askRedis, checkRedis, countRedis } from './check.ts';
import { restoreRedis } from './restore.ts';
import { sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  readonly options: RedisOptions;
  readonly records: Records<RedisRecord>;
  readonly turns: Turns;
  /** Throws `not-found` before `provision`. */
  readonly started: (service: string) => Started;
  readonly startUntilReady: (record: RedisRecord, settings: Settings, signal: AbortSignal) => Promise<Started>;
  readonly setReady: (service: string) => void;
  readonly changed: () => void;
}

export function createBackups(inside: Inside): StoreBackups {
  const { records, turns, options, started } = inside;
  return {
    source: ({ service }, { signal }) =>
      turns.take(service, async () => {
        const server = withFollower(started(service));
        await records.write(server);
        await writeAccess(await placeOf(options, service), server);
        // A server that was started by an older version does not know this user.
        const run = await withClient(adminOf(server), signal, async (send) => {
          await send('ACL', 'SETUSER', ...followerOf(server.followerPassword));
          return infoOf(await send('INFO', 'server')).text('run_id');
        });
        const { id, starts: start = 0, port, followerPassword: password } = server;
        return sourceOf({ id, start, run, port, password });
      }),
    restore: (request, { signal }) => turns.take(request.service, () => restoreRedis(inside, request, signal)),
    rename: ({ service, to }) =>
      turns.take(service, async () => {
        if (runningServer(options.supervisor, service)) throw serverRuns(service);
        await renameStore(inside, service, to);
        inside.changed();
      }),
    check: async ({ service }, { signal }) => checkRedis(readerOf(started(service)), signal),
    count: async ({ service }, { signal }) => countRedis(readerOf(started(service)), signal),
    ask: async ({ service, query }, { signal }) => askRedis(readerOf(started(service)), query, signal),
  };
}

/** In an order that can be repeated from any point: the new name's record, the folder, the old name's. */
async function renameStore({ records, options }: Inside, service: string, to: string): Promise<void> {
  const [old, taken] = [records.get(service), records.get(to)];
  if (old === undefined) throw new DriverError('not-found', `${service} has no Redis server`);
  if (taken !== undefined && (taken.id === undefined || taken.id !== old.id))
    throw new DriverError('refused', `${to} has a Redis server`, { hint: 'purge it first' });
  await options.supervisor.forget(processName(service));
  await records.write({ ...old, service: to });
  const [{ folder: from, data }, { folder: into }] = [await placeOf(options, service), await placeOf(options, to)];
  await makePassage(dirname(into));
  if (await isFolder(data)) await rename(from, into);
  await records.remove(service);
  await removeIfEmpty(dirname(from));
}
