import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

/** `sun_path` holds 108 bytes on Linux, 104 on macOS, and both end it with a NUL. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * The path by which to bind or reach the Unix socket `run/<name>.sock` of a state folder. The socket always lies in
 * that folder. Where its path is too long for the kernel, the one given leads there through a link in a private folder
 * for temporary files, which is made when missing. Throws when another user holds that folder.
 */
export function socketPath(state: string, name: string): string {
  const run = join(resolve(state), 'run');
  const path = join(run, `${name}.sock`);
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES ? path : join(shortcutTo(run), `${name}.sock`);
}

/** Nobody reaches the system's sockets any more; whoever comes next makes it again. */
export function removeShortcut(state: string): void {
  rmSync(shortcutFolder(join(resolve(state), 'run')), { recursive: true, force: true });
}

function shortcutFolder(run: string): string {
  const name = createHash('sha256').update(`${userInfo().uid}:${run}`).digest('hex').slice(0, 16);
  return join(tmpdir(), `islet-${name}`);
}

function shortcutTo(run: string): string {
  const { uid } = userInfo();
  const folder = shortcutFolder(run);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new Error(
      `${folder} must be a folder that only its owner can use: remove it, or set TMPDIR to another place`,
    );
  }
  const link = join(folder, 'run');
  if (linkTarget(link) !== run) pointAt(link, run);
  return link;
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** Processes of one system do this at the same time, and write the same: whoever comes second finds it done. */
function pointAt(link: string, run: string): void {
  rmSync(link, { recursive: true, force: true });
  try {
    symlinkSync(run, link);
  } catch (error) {
    if (linkTarget(link) !== run) throw error;
  }
}
