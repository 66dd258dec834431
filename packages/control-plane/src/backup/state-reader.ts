import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Layout, layoutOf, type StoreReader } from '@islet/driver';

/** What Islet's own state is called among the stores: no service has such a name. */
export const STATE_STORE = 'islet.state';
export const STATE_ENGINE = 'islet-state';

/** What a system is, but for its services' data: what was asked for, what was decided, secrets and their key. */
export interface StateBundle {
  readonly format: 1;
  /** SQLite files, base64. */
  readonly database: string;
  /** The key that secrets are encrypted with, base64. */
  readonly key: string;
}

/** Copies Islet's own state as a whole, as of one moment. It has no log: it is small, and copied often. */
export function createStateReader(layout: Layout): StoreReader {
  return {
    engine: STATE_ENGINE,
    identity: async () => 'state',
    copy: async function* (_source, { signal }) {
      signal.throwIfAborted();
      const [database, key] = await Promise.all([copyOf(layoutOf.database(layout)), readFile(layoutOf.key(layout))]);
      const bundle: StateBundle = {
        format: 1,
        database: database.toString('base64'),
        key: key.toString('base64'),
      };
      yield Buffer.from(JSON.stringify(bundle));
      return { needs: undefined, notes: {} };
    },
  };
}

async function copyOf(path: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-state-'));
  try {
    const file = join(folder, randomBytes(6).toString('hex'));
    using database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    database.prepare('VACUUM INTO ?').run(file);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
