import type { StoreReader } from '@islet/driver';
import { copyRedis } from './copy.ts';
import { followRedis } from './follow.ts';
import { parseSource } from './source.ts';

/** Copies and follows servers of Redis or Valkey, as a replica. */
export function createRedisReader(): StoreReader {
  return {
    engine: 'redis',
    identity: async (source) => parseSource(source).id,
    copy: copyRedis,
    follow: followRedis,
    logForm: 'frames',
  };
}
