import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process of this machine, as /proc tells. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
  /** `<system>/<slot>` of a supervised one. */
  readonly slot: string | undefined;
}

export function listProcesses(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Undefined where it is gone, or a zombie. */
function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    const slot = environment.find((entry) => entry.startsWith('ISLET_SLOT='))?.slice('ISLET_SLOT='.length);
    return { pid, parent: Number(parent), argv, slot };
  } catch {
    return undefined;
  }
}

/** Folders `<slot>.slot` of a system's cgroups, with their processes, in every hierarchy. */
export function listCgroups(system: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const base of systemGroups(system)) {
    for (const entry of readdirSync(base).filter((name) => name.endsWith('.slot'))) {
      found.set(entry.slice(0, -'.slot'.length), membersOf(join(base, entry)));
    }
  }
  return found;
}

/** The system's folders: at the roots of the hierarchies, and below the cgroups that this process is in. */
export function systemGroups(system: string): readonly string[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(':')[2] ?? []);
  const mounts = ['', ...(attempt(() => readdirSync('/sys/fs/cgroup')) ?? [])];
  const bases = mounts.flatMap((mount) => ['', ...own].map((path) => join('/sys/fs/cgroup', mount, path)));
  return [...new Set(bases)].map((base) => join(base, `islet-${system}`)).filter((folder) => existsSync(folder));
}

function membersOf(group: string): readonly number[] {
  return (attempt(() => readFileSync(join(group, 'cgroup.procs'), 'utf8')) ?? '')
    .split('\n')
    .filter(Boolean)
    .map(Number);
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
