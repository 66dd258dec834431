import { type StoreMeasures, shareOf } from '@islet/driver';
import { adminOf, withClient } from './client.ts';
import { isOurs } from './names.ts';
import type { Started } from './records.ts';

export async function measureRedis(started: Started, signal: AbortSignal): Promise<StoreMeasures> {
  return withClient(adminOf(started), signal, async (send) => {
    const info = new Map(
      String(await send('INFO'))
        .split('\r\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const),
    );
    const clients = String(await send('CLIENT', 'LIST'))
      .split('\n')
      .filter(isServices);
    const number = (name: string) => Number(info.get(name) ?? 0);
    return {
      version: info.get('valkey_version') ?? info.get('redis_version') ?? '',
      bytes: number('used_memory'),
      connections: { open: clients.length, most: number('maxclients') },
      commits: number('total_commands_processed'),
      cacheHits: shareOf(number('keyspace_hits'), number('keyspace_misses')),
      // One command at a time is run: a slow one would have kept us waiting.
      slow: [],
    };
  });
}

function isServices(client: string): boolean {
  const user = / user=(\S+) /.exec(client)?.[1];
  return user !== undefined && !isOurs(user);
}
