import { type StoreMeasures, type StoreMetrics, shareOf } from '@islet/driver';
import { ADMIN, READER } from './access.ts';
import { withClient } from './client.ts';
import { infoOf } from './info.ts';
import type { Started } from './records.ts';

export async function measureRedis({ port, adminPassword }: Started, signal: AbortSignal): Promise<StoreMeasures> {
  const login = { port, user: ADMIN, password: adminPassword };
  return withClient(login, signal, async (send) => {
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

export async function metricsOfRedis({ port, adminPassword }: Started, signal: AbortSignal): Promise<StoreMetrics> {
  return withClient({ port, user: ADMIN, password: adminPassword }, signal, async (send) => {
    const number = infoOf(await send('INFO'));
    return {
      'db.size': number('used_memory'),
      'db.memory.max': number('maxmemory'),
      // The one that asks is not counted.
      'db.connections': Math.max(0, number('connected_clients') - 1),
      'db.connections.max': number('maxclients'),
      'db.commands': number('total_commands_processed'),
      'db.cache.hits': number('keyspace_hits'),
      'db.cache.misses': number('keyspace_misses'),
      'db.evictions': number('evicted_keys'),
    };
  });
}

function isServices(client: string): boolean {
  return client !== '' && !client.includes(` user=${ADMIN} `) && !client.includes(` user=${READER} `);
}
