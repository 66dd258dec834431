import { realpathSync, type Stats, statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import type { UnixUser } from './model.ts';

/**
 * The entries of a PATH that a user can search. A tool below someone's home folder of mode 0700 is in the PATH of the
 * person who starts Islet, and out of reach for the users that services run as.
 */
export function accessiblePath(path: string, user: UnixUser | undefined): string {
  const entries = [...new Set(path.split(delimiter))].filter((entry) => entry.startsWith('/'));
  return entries.filter((entry) => isReachable(entry, user)).join(delimiter);
}

/**
 * The Node.js that Islet runs on goes first: it runs TypeScript unbuilt, which the machine's may be too old for. A service
 * that needs another one names it by its path.
 */
export function withRuntime(path: string, nodeBin: string): string {
  return [nodeBin, path].filter(Boolean).join(delimiter);
}

/** Can this user enter the folder, or execute the file, through all folders above it? */
export function isReachable(path: string, user: UnixUser | undefined): boolean {
  const real = realPath(path);
  if (real === undefined) return false;
  if (user === undefined) return true;
  for (let at = real; ; at = dirname(at)) {
    if (!mayExecute(statSync(at), user)) return false;
    if (at === '/') return true;
  }
}

function mayExecute({ mode, uid, gid }: Stats, user: UnixUser): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
