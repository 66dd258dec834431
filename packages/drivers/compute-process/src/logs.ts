import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLogs } from '@islet/supervise';
import { LIMITS } from './limits.ts';

/** Removes the oldest logs of a service, with their rotated files, but not those still in use. */
export async function pruneLogs(folder: string, inUse: (log: string) => boolean): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log'));
  const gone = names.filter((name) => !inUse(name.slice(0, -'.log'.length))).map((name) => join(folder, name));
  const dated = await Promise.all(gone.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const oldest = dated.sort((one, other) => other.at - one.at).slice(LIMITS.keptLogs);
  for (const { path } of oldest) await removeLogs(path);
}
