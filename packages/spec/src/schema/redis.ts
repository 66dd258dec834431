import { z } from 'zod';
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
  }),
  { written: as, lift: (node) => lifted(node, 'as') },
);
