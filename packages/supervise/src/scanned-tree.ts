import { listProcesses, type ProcStat, readEnvironment } from './proc.ts';

/**
 * Finds a slot's processes where no cgroup can be made.
 *
 * Every process of a slot is given the slot's name in its environment, and its children inherit it. So the ones that carry
 * it are members, whatever sessions and groups they made and whoever died between. A process may clear its environment; so
 * whoever shares a session or a process group with a member, or is a child of one, is a member too: the shim begins a new
 * session, and nobody can join another's. What escapes is a process that cleared its environment, began a session of its
 * own, and whose parent is dead: the guarantee "whole tree is ended" is reported as not held for its sake.
 */
export const MARKER = 'ISLET_SLOT';

export function findTree(marker: string): readonly number[] {
  const all = listProcesses().filter(({ pid }) => pid !== process.pid);
  const members = new Set(all.filter(({ pid }) => readEnvironment(pid).includes(`${MARKER}=${marker}`)));
  if (members.size === 0) return [];
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    addRelatives(members, all);
  }
  return [...members].map(({ pid }) => pid);
}

function addRelatives(members: Set<ProcStat>, all: readonly ProcStat[]): void {
  const pids = new Set([...members].map(({ pid }) => pid));
  const sessions = new Set([...members].map(({ session }) => session).filter(Boolean));
  const groups = new Set([...members].map(({ group }) => group).filter(Boolean));
  for (const stat of all) {
    if (pids.has(stat.parent) || sessions.has(stat.session) || groups.has(stat.group)) members.add(stat);
  }
}
