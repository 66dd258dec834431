import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux says of processes; elsewhere the benchmarks that need it say so by failing. */

/**
 * Proportional set size, in MB: a page that several processes share counts for each by its part, so that the sizes of
 * processes can be added up. The resident sizes that `ps` shows count such a page again for each.
 */
export function pssMb(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** The resident size in KB: what it counts twice it counts in every look, so it is good for growth. */
export function rssKb(pid: number): number {
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / 1000;
}

/** Of a process and all that are below it now; one of those that ends during the look takes nothing. */
export function treePssMb(pid: number): number {
  const below = childrenOf(pid).map((child) => {
    try {
      return treePssMb(child);
    } catch (error) {
      if (isAlive(child)) throw error;
      return 0;
    }
  });
  return below.reduce((some, more) => some + more, pssMb(pid));
}

/** Ticks of 10 ms, in user and kernel mode. */
export function cpuMs(pid: number): number {
  const [, , , , , , , , , , , user, system] = statOf(pid);
  return (Number(user) + Number(system)) * 10;
}

/** The same of a process, of all that are below it now, and of those that it has waited for. */
export function treeCpuMs(pid: number): number {
  const own = statOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
  return childrenOf(pid).reduce((sum, child) => {
    try {
      return sum + treeCpuMs(child);
    } catch (error) {
      if (isAlive(child)) throw error;
      return sum;
    }
  }, own);
}

export function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

export interface ProcessFacts {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
}

/** All that it takes to start the same process again. */
export function factsOf(pid: number): ProcessFacts {
  const [, ...args] = readList(pid, 'cmdline');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const idOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    program: readlinkSync(`/proc/${pid}/exe`),
    args,
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    env: Object.fromEntries(readList(pid, 'environ').map(splitAtEquals)),
    uid: idOf('Uid'),
    gid: idOf('Gid'),
  };
}

/** Processes that were started with this text in an argument: for a name so unlikely that they can only be ours. */
export function pidsNaming(text: string): number[] {
  return allPids().filter((pid) => {
    try {
      return pid !== process.pid && readList(pid, 'cmdline').some((argument) => argument.includes(text));
    } catch {
      return false;
    }
  });
}

/** Not a zombie, either. */
export function isAlive(pid: number): boolean {
  try {
    return statOf(pid)[0] !== 'Z';
  } catch {
    return false;
  }
}

/** The fields from the state on: the name before them may hold any character. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(pid: number): number[] {
  return allPids().filter((other) => parentIs(other, pid));
}

function parentIs(pid: number, parent: number): boolean {
  try {
    return parentOf(pid) === parent;
  } catch {
    return false;
  }
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function readList(pid: number, file: string): string[] {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);
}

function splitAtEquals(entry: string): [string, string] {
  const cut = entry.indexOf('=');
  return [entry.slice(0, cut), entry.slice(cut + 1)];
}
