import type { StoreBackups } from '@islet/driver';
import { followerOf, writeAccess } from '../access.ts';
import { adminOf, readerOf, withClient } from '../client.ts';
import { infoOf } from '../info.ts';
import { placeOf, type RedisServers } from '../place.ts';
import { type RedisRecord, type StartedRedis, withFollower } from '../records.ts';
import type { Settings } from '../settings.ts';
import { askRedis, checkRedis, countRedis } from './check.ts';
import { restoreRedis } from './restore.ts';
import { sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  /** `PATH` in which the server's program is looked for. */
  readonly path: string;
  readonly servers: RedisServers;
  readonly startUntilReady: (record: RedisRecord, settings: Settings, signal: AbortSignal) => Promise<StartedRedis>;
}

export function createBackups(inside: Inside): StoreBackups {
  const { servers } = inside;
  const { records, turns } = servers;
  const started = (service: string) => servers.started(service);
  return {
    source: ({ service }, { signal }) =>
      turns.take(service, async () => {
        const server = withFollower(started(service));
        await records.write(server);
        await writeAccess(await placeOf(servers, service), server);
        // A server that was started by an older version does not know this user.
        const run = await withClient(adminOf(server), signal, async (send) => {
          await send('ACL', 'SETUSER', ...followerOf(server.followerPassword));
          return infoOf(await send('INFO', 'server')).text('run_id');
        });
        const { id, starts: start = 0, port, followerPassword: password } = server;
        return sourceOf({ id, start, run, port, password });
      }),
    restore: (request, { signal }) => turns.take(request.service, () => restoreRedis(inside, request, signal)),
    rename: (request) => servers.rename(request),
    check: async ({ service }, { signal }) => checkRedis(readerOf(started(service)), signal),
    count: async ({ service }, { signal }) => countRedis(readerOf(started(service)), signal),
    ask: async ({ service, query }, { signal }) => askRedis(readerOf(started(service)), query, signal),
  };
}
