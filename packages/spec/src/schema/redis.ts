import { z } from 'zod';
import { backupOf } from './backup.ts';
import { redisDrill } from './drill.ts';
import { lifted, withShorthand } from './notes.ts';
import { byDefault, size } from './values.ts';

const as = z.enum(['cache', 'store']);

/** Which keys go when the memory is full: Redis's own names. */
const EVICTIONS = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'noeviction',
] as const;

export const redis = withShorthand(
  z.strictObject({
    as: as
      .describe(
        '`cache`: in memory only; when it is full, old keys go. `store`: on disk; when it is full, writes fail.',
      )
      .meta({ examples: ['cache'] }),
    maxMemory: byDefault('redis.maxMemory', size()).describe('What it may hold.'),
    evict: z
      .enum(EVICTIONS)
      .optional()
      .describe('Which keys go when it is full; without it, `allkeys-lru` of a cache, `noeviction` of a store.')
      .meta({ examples: ['volatile-ttl'] }),
    backup: backupOf('redis')
      .prefault({})
      .describe('How a store is backed up, or `off`. A cache begins empty, so it is not.')
      .meta({ examples: ['off', { every: '6h' }] }),
    drill: redisDrill
      .prefault({})
      .describe('How it is proved, again and again, that a backup comes back, or `off`. A query is a command.')
      .meta({ examples: ['off', { every: '1d', maxRto: '2m' }] }),
  }),
  { written: as, lift: (node) => lifted(node, 'as') },
);
