import type { StoreReader } from '@islet/driver';
import { copyPostgres } from './copy.ts';
import { followPostgres } from './follow.ts';
import { parseSource, readFacts, withReplication } from './source.ts';

/** Copies and follows PostgreSQL servers. */
export function createPostgresReader(): StoreReader {
  return {
    engine: 'postgres',
    identity: async (source, { signal }) =>
      withReplication(parseSource(source), signal, async (client) => (await readFacts(client)).identity),
    copy: copyPostgres,
    follow: followPostgres,
  };
}
