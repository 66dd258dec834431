import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { UnixUser } from './model.ts';

/** The words to put before a command so that it runs as another user and can never become more. Needs root. */
export function switchTo(user: UnixUser | undefined): readonly string[] {
  if (user === undefined) return [];
  const setpriv = systemTool('setpriv');
  if (setpriv === undefined) throw new Error('setpriv is missing: install util-linux');
  return [setpriv, `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--no-new-privs', '--'];
}

/** Found in the system's own folders only, never in a PATH that someone else may have shaped. */
export function systemTool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
