import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The system's id, which its users, cgroups and processes are named or marked by; undefined: it never ran. */
export function idOf(state: string): string | undefined {
  try {
    using database = new DatabaseSync(join(state, 'control.db'), { readOnly: true });
    return (database.prepare("SELECT value FROM meta WHERE key = 'id'").get() as { value: string } | undefined)?.value;
  } catch {
    return undefined;
  }
}

/** Pids of Islet's own processes of this state folder, and of all that a system runs. */
export function processesOf(state: string, id: string | undefined): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      const argv = read(`/proc/${pid}/cmdline`).split('\0');
      const environment = read(`/proc/${pid}/environ`).split('\0');
      return argv.includes(state) || (id !== undefined && environment.some((it) => it.startsWith(`ISLET_SLOT=${id}/`)));
    });
}

/** Cgroups, users and folders on this machine, outside of the state folder, that bear the system's name or its users'. */
export function tracesOf(id: string, users: readonly string[]): readonly string[] {
  const groups = folders('/sys/fs/cgroup', 4).filter((path) => path.endsWith(`/islet-${id}`));
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0] ?? '')
    .filter((name) => users.includes(name));
  const shared = names('/var/lib/islet').filter((name) => name === id);
  return [...groups, ...accounts, ...shared];
}

/** Whom these processes run as. */
export function usersOf(pids: readonly number[]): readonly string[] {
  const passwd = readFileSync('/etc/passwd', 'utf8').split('\n');
  const uids = new Set(pids.map((pid) => /^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]));
  const accounts = passwd.map((line) => line.split(':'));
  return accounts.filter(([name, , uid]) => name?.startsWith('islet-') && uids.has(uid)).map(([name = '']) => name);
}

function folders(path: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  const below = names(path).map((name) => join(path, name));
  return below.flatMap((folder) => [folder, ...folders(folder, depth - 1)]);
}

/** Of the folders in it. */
function names(path: string): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Empty where the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
