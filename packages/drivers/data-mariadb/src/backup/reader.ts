import type { StoreReader } from '@islet/driver';
import { copyMariadb } from './copy.ts';
import { followMariadb } from './follow.ts';
import { parseSource } from './source.ts';

/** Copies and follows MariaDB servers. `path` is where the server's programs are looked for. */
export function createMariadbReader(path: string): StoreReader {
  return {
    engine: 'mariadb',
    identity: async (source) => parseSource(source).identity,
    copy: (source, options) => copyMariadb(source, path, options),
    follow: followMariadb,
    logForm: 'frames',
  };
}
