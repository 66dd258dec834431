import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Who listens on a TCP port of this machine, and what to do about it. */
export interface PortOwner {
  /** As `nginx (pid 812)`. */
  readonly name: string;
  readonly remedy: string;
}

/** Undefined where it can't be told. */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  const inode = (await listeningSockets()).find((socket) => socket.port === port)?.inode;
  if (inode === undefined) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const links = await openFiles(pid);
    if (!links.includes(`socket:[${inode}]`)) continue;
    return (
      otherSystem(await argvOf(pid)) ?? {
        name: `${(await programName(pid)) || 'a process'} (pid ${pid})`,
        remedy: 'end it',
      }
    );
  }
  return undefined;
}

/** The proxy of another system: its keeper would start it again, so who ends it by its pid gains nothing. */
export function otherSystem(argv: readonly string[]): PortOwner | undefined {
  const state = argv[argv.indexOf('--state') + 1];
  if (state === undefined || !argv.some((word) => PROXY_PROGRAM.test(word))) return undefined;
  const isUsual = basename(state) === '.islet';
  const where = isUsual ? dirname(state) : state;
  return { name: `the system in ${where}`, remedy: `\`islet down ${isUsual ? where : `--state ${where}`}\`` };
}

/** Of the source and of a package from npm. */
const PROXY_PROGRAM = /\/proxy\/(src|dist)\/main\.[jt]s$/;

async function argvOf(pid: string): Promise<readonly string[]> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
}

/** Of the file that it runs; its `comm` is whatever the program calls its first thread (Node: `MainThread`). */
async function programName(pid: string): Promise<string> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => '');
  return basename(path.replace(/ \(deleted\)$/, ''));
}

const LISTENING = '0A';

/** `sl local_address rem_address st … inode`: proc(5), /proc/net/tcp. */
export async function listeningSockets(): Promise<readonly { readonly port: number; readonly inode: string }[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  return rows
    .filter(([, , , state]) => state === LISTENING)
    .map(({ 1: local = '', 9: inode = '' }) => ({ port: Number.parseInt(local.split(':')[1] ?? '', 16), inode }));
}

export async function openFiles(pid: string): Promise<string[]> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
}
