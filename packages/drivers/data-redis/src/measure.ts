import { type StoreMeasures, type StoreMetrics, shareOf } from '@islet/driver';
import { adminOf, withClient } from './client.ts';
import { infoOf } from './info.ts';
import { isOurs } from './names.ts';
import type { StartedRedis } from './records.ts';

export async function measureRedis(started: StartedRedis, signal: AbortSignal): Promise<StoreMeasures> {
  return withClient(adminOf(started), signal, async (send) => {
    const number = infoOf(await send('INFO'));
    const clients = String(await send('CLIENT', 'LIST'))
      .split('\n')
      .filter(isServices);
    return {
      version: number.text('valkey_version') || number.text('redis_version'),
      bytes: number('used_memory'),
      connections: { open: clients.length, most: number('maxclients') },
      commits: number('total_commands_processed'),
      cacheHits: shareOf(number('keyspace_hits'), number('keyspace_misses')),
      // One command at a time is run: a slow one would have kept us waiting.
      slow: [],
    };
  });
}

export async function metricsOfRedis(started: StartedRedis, signal: AbortSignal): Promise<StoreMetrics> {
  return withClient(adminOf(started), signal, async (send) => {
    const number = infoOf(await send('INFO'));
    return {
      'db.size': number('used_memory'),
      'db.memory.max': number('maxmemory'),
      // The one that asks is not counted, nor the one by which a replica of ours asks; the replica itself is no client.
      'db.connections': Math.max(0, number('connected_clients') - 1 - Math.min(1, number('connected_slaves'))),
      'db.connections.max': number('maxclients'),
      'db.commands': number('total_commands_processed'),
      'db.cache.hits': number('keyspace_hits'),
      'db.cache.misses': number('keyspace_misses'),
      'db.evictions': number('evicted_keys'),
    };
  });
}

function isServices(client: string): boolean {
  const user = / user=(\S+) /.exec(client)?.[1];
  return user !== undefined && !isOurs(user);
}
