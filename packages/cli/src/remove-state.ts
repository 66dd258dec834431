import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from './system.ts';

/** In `.islet`, but not made by a running system: the editors' schemas, and the state of `islet dev`. */
const NOT_STATE = new Set(['schema', 'dev']);

/**
 * Deletes what a purged system leaves in its state folder: secrets, history, logs. Only in a folder of our own naming:
 * one that a person named with `--state` may hold what is not ours. True: all is deleted.
 */
export function removeState({ folder, stateFolder }: System): boolean {
  if (stateFolder !== join(folder, '.islet')) return false;
  for (const entry of readdirSync(stateFolder))
    if (!NOT_STATE.has(entry)) rmSync(join(stateFolder, entry), { recursive: true, force: true });
  if (readdirSync(stateFolder).length === 0) rmdirSync(stateFolder);
  return true;
}
