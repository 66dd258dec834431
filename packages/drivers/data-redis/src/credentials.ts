import type { StoreCredentials } from '@islet/driver';
import { newPassword } from '@islet/driver/server';
import { userOf, writeAccess } from './access.ts';
import { administer } from './client.ts';
import { placeOf, type RedisServers } from './place.ts';
import { loginOf, nextLogin, type RedisRecord, type StartedRedis } from './records.ts';

/** A user for each generation: with the old one go the connections that it opened. */
export function createCredentials(servers: RedisServers): StoreCredentials {
  const { records, turns } = servers;
  const keep = async (record: RedisRecord) => {
    await records.write(record);
    servers.changed();
  };
  return {
    rotate: ({ service }, { signal }) =>
      turns.take(service, async () => {
        const before = servers.started(service);
        if (before.replaced !== undefined) return;
        const next = rotated(before, Date.now());
        await writeAccess(await placeOf(servers, service), next);
        // The server learns of the new one before `connection` tells of it.
        await administer(before, ['ACL', 'SETUSER', ...userOf(loginOf(next))], signal);
        await keep(next);
      }),
    retire: ({ service }, { signal }) =>
      turns.take(service, async () => {
        const { replaced, ...kept } = servers.started(service);
        if (replaced === undefined) return;
        await writeAccess(await placeOf(servers, service), kept);
        await administer(kept, ['ACL', 'DELUSER', replaced.login ?? kept.name], signal);
        await keep(kept);
      }),
  };
}

function rotated(started: StartedRedis, now: number): StartedRedis {
  const replaced = { ...loginOf(started), at: now };
  return { ...started, login: nextLogin(started), password: newPassword(), replaced };
}
