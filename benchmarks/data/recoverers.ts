import { execFile, execFileSync } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from './cluster.ts';
import { openStanza } from './pgbackrest.ts';

/** One way to copy a server's data, and to bring it back. */
export interface Recoverer {
  readonly name: string;
  /** Copies a running server, and returns what brings it back, into a folder that isn't there. */
  readonly copy: (cluster: Cluster) => Promise<() => Promise<void>>;
}

/** Two processes each way, as its documentation advises for two cores; else with its own defaults. */
export const pgbackrest: Recoverer = {
  name: 'pgBackRest',
  copy: async (cluster) => {
    const stanza = await openStanza(cluster, ['process-max=2']);
    await stanza.run('backup', '--start-fast');
    return async () => {
      await cluster.makeFolder('data');
      await stanza.run('restore');
    };
  },
};

/** PostgreSQL's own, to a folder on the same disk: neither compressed nor sealed, and nothing after the copy is in it. */
export const basebackup: Recoverer = {
  name: 'pg_basebackup, cp',
  copy: async (cluster) => {
    const { folder, port, login, bin, data } = cluster;
    const into = await cluster.makeFolder('copied');
    const where = ['-D', into, '-h', folder, '-p', String(port), '-U', login.user];
    await run(cluster, join(bin, 'pg_basebackup'), [...where, '-X', 'stream', '-c', 'fast']);
    return () => run(cluster, 'cp', ['-a', into, data]);
  },
};

async function run({ identity }: Cluster, program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { ...identity, cwd: '/' });
}

/** Milliseconds from the loss of a server's data until a server writes again, with all that was in it. */
export async function timeToRecover(cluster: Cluster, { copy }: Recoverer, proof: string): Promise<number> {
  const bringBack = await copy(cluster);
  const lost = join(cluster.folder, 'lost');
  const since = performance.now();
  await cluster.stop();
  await rename(cluster.data, lost);
  await bringBack();
  // What was copied while it was open to others may have another mode than a server wants.
  execFileSync('chmod', ['0700', cluster.data]);
  await cluster.again();
  const ms = performance.now() - since;
  await cluster.query(proof);
  await rm(lost, { recursive: true });
  return ms;
}
