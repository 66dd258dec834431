import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLogs } from '@islet/supervise';
import { LIMITS } from './limits.ts';
import { listFolder } from './list-folder.ts';

/** Removes the oldest logs of a service's builds and instances, with their rotated files, but not those still in use. */
export async function pruneLogs({ folder, service, inUse }: PruneLogs): Promise<void> {
  const ours = (name: string) => name.startsWith(`${service}-`) || name.startsWith('build-');
  const names = listFolder(folder).filter((name) => name.endsWith('.log') && ours(name));
  const gone = names.filter((name) => !inUse(name.slice(0, -'.log'.length))).map((name) => join(folder, name));
  const dated = await Promise.all(gone.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const oldest = dated.sort((one, other) => other.at - one.at).slice(LIMITS.keptLogs);
  for (const { path } of oldest) await removeLogs(path);
}

interface PruneLogs {
  /** Its store's log lies there too, and is not this driver's. */
  readonly folder: string;
  readonly service: string;
  readonly inUse: (log: string) => boolean;
}
