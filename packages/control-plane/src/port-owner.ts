import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** Who listens on a TCP port of this machine, as `nginx (pid 812)`; undefined where that can't be told. */
export async function portOwner(port: number): Promise<string | undefined> {
  const inode = await listeningInode(port);
  if (inode === undefined) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const links = await openFiles(pid);
    if (!links.includes(`socket:[${inode}]`)) continue;
    return `${(await programName(pid)) || 'a process'} (pid ${pid})`;
  }
  return undefined;
}

/** Of the file that it runs; its `comm` is whatever the program calls its first thread (Node: `MainThread`). */
async function programName(pid: string): Promise<string> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => '');
  return basename(path.replace(/ \(deleted\)$/, ''));
}

const LISTENING = '0A';

/** `sl local_address rem_address st … inode`: proc(5), /proc/net/tcp. */
async function listeningInode(port: number): Promise<string | undefined> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  return rows.find(([, local, , state]) => local?.endsWith(suffix) && state === LISTENING)?.[9];
}

async function openFiles(pid: string): Promise<string[]> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
}
