import { dirname } from 'node:path';
import { DriverError, layoutOf } from '@islet/driver';
import { removeIfEmpty } from '@islet/driver/owned-folder';
import { removeLogs } from '@islet/supervise';
import { removeCluster } from './cluster.ts';
import type { CredentialsFolder } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { processName } from './names.ts';
import type { PostgresOptions } from './options.ts';

export interface PurgeParts extends Pick<PostgresOptions, 'supervisor' | 'layout'> {
  readonly credentials: CredentialsFolder;
  /** The server's own log. */
  readonly log: string;
}

export async function purgeStore({ supervisor, layout, credentials, log }: PurgeParts, service: string): Promise<void> {
  const state = supervisor.observe().get(processName(service));
  if (state !== undefined && state.kind !== 'exited') {
    throw new DriverError('refused', `the PostgreSQL server of ${service} runs`, { hint: 'stop it first' });
  }
  if (!credentials.get(service)) return;
  await supervisor.forget(processName(service));
  await removeCluster(layoutOf.data(layout, service));
  await removeLogs(log);
  await removeIfEmpty(dirname(log));
  failpoint('postgres: after the data is gone');
  // Last: as long as they are there, the store is observed, and the purge is asked for again.
  await credentials.remove(service);
}
