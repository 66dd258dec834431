import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from './limits.ts';
import { findTree } from './scanned-tree.ts';

/** All processes of a slot, the shim among them. */
export interface Tree {
  /** Pids, to be used at once. */
  members(): readonly number[];
  isEmpty(): boolean;
  /** SIGKILL to all that is there now; what was being forked may need another call. */
  kill(): void;
  /** The pause between two looks. */
  readonly lookMs: { readonly first: number; readonly longest: number };
}

export function treeOf({ group, marker }: { readonly group: string | undefined; readonly marker: string }): Tree {
  return group === undefined ? scannedTree(marker) : cgroupTree(group);
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between.
    }
  }
}

function cgroupTree(group: string): Tree {
  const members = () => (read(group, 'cgroup.procs') ?? '').split('\n').map(Number).filter(Boolean);
  return {
    members,
    // What can't be looked at just now, for want of file descriptors, may hold anything.
    isEmpty: () => read(group, 'cgroup.events')?.includes('populated 1') === false,
    kill: () => {
      try {
        writeFileSync(join(group, 'cgroup.kill'), '1', { flag: 'r+' });
      } catch {
        // A kernel before 5.14 has no such file; or the cgroup is gone.
        signalAll(members(), 'SIGKILL');
      }
    },
    lookMs: LIMITS.lookMs,
  };
}

function scannedTree(marker: string): Tree {
  const members = () => findTree(marker);
  return {
    members,
    isEmpty: () => members().length === 0,
    kill: () => signalAll(members(), 'SIGKILL'),
    lookMs: LIMITS.scanMs,
  };
}

/** Empty where the cgroup is gone; undefined: it could not be read. */
function read(group: string, file: string): string | undefined {
  try {
    return readFileSync(join(group, file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENODEV' ? '' : undefined;
  }
}
