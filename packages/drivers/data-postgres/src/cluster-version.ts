import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnixUser } from '@islet/supervise';
import { otherVersion } from './failures.ts';
import { runAs } from './run-as.ts';

interface Meeting {
  readonly service: string;
  /** The data directory. */
  readonly cluster: string;
  readonly native: string;
  readonly user: UnixUser | undefined;
  readonly signal: AbortSignal;
}

/**
 * A server reads the data of its own major version only, and would end at its start. Refused before anything of it is touched:
 * data is taken over to another version by a dump, which nobody makes unasked.
 */
export async function ensureSameVersion({ service, cluster, native, user, signal }: Meeting): Promise<void> {
  const made = await readVersion(join(cluster, 'PG_VERSION'));
  const { output } = await runAs([join(native, 'bin', 'postgres'), '--version'], { user, cwd: '/', signal });
  const programs = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (programs !== undefined && made !== programs) throw otherVersion(service, { made, programs });
}

const MOST_BYTES = 16;

/** The folder is the service's own, and may hold a link to anything. */
async function readVersion(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
