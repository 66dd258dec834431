import type { StoreReader } from '@islet/driver';
import { copyFiles } from './copy.ts';
import { parseSource } from './source.ts';

/** Copies volumes. Files have no log: what changed since the last copy is lost with them. */
export function createFilesReader(): StoreReader {
  return {
    engine: 'files',
    identity: async (source) => parseSource(source).identity,
    copy: (source, options) => copyFiles(parseSource(source), options),
  };
}
