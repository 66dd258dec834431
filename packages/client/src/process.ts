import { readFileSync } from 'node:fs';

/** Whether a process runs. A zombie does not: it waits for a parent that may be slow to collect it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  return fieldsOf(pid)?.[0] === 'Z';
}

/**
 * When a process was started, in clock ticks since boot, as text; undefined where that can't be told. With the pid it
 * names one process and no other: a pid alone is another's after a reboot, or after enough time.
 */
export function startOf(pid: number): string | undefined {
  return fieldsOf(pid)?.[START_TIME];
}

/** `state` is field 3 of /proc/<pid>/stat, `starttime` field 22: proc(5). */
const START_TIME = 22 - 3;

/** The fields after the command's name, which may hold anything. */
function fieldsOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
