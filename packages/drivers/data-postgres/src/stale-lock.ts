import { constants, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A server that was killed leaves `postmaster.pid`, and the next one refuses to start while the process of that number
 * lives and is of the same user. After a reboot it may be anyone, above all another process of the same service. So the
 * file is removed where that process is certainly no server of this cluster; in doubt it stays, and PostgreSQL decides.
 *
 * Only for a cluster with no supervised server.
 */
export async function removeStaleLock(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = await readPid(file);
  if (pid === undefined) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (command === undefined || command.split('\0').includes(cluster)) return;
  await rm(file, { force: true });
}

/** The folder is the service's: what lies there may be a link or a pipe. */
async function readPid(file: string): Promise<number | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(32), 0, 32, 0);
    const pid = Number.parseInt(buffer.toString('latin1', 0, bytesRead), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } finally {
    await handle.close();
  }
}
