import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessUsage } from './model.ts';
import { bootId } from './proc.ts';
import { listSlotFolders } from './record.ts';
import { usageOf } from './usage.ts';

export interface FoundUsage extends ProcessUsage {
  readonly startedAt: number;
  /** Open files of all its processes; undefined: they are another user's, and we may not look. */
  readonly files: number | undefined;
}

/**
 * What each supervised process uses, told from the records of whoever supervises: so that one can measure without being its
 * supervisor, and goes on when that is dead. Without a cgroup only the main process is known.
 */
export function usageOnDisk(folder: string): ReadonlyMap<string, FoundUsage> {
  const found = new Map<string, FoundUsage>();
  for (const slot of listSlotFolders(folder)) {
    const record = slot.read();
    const started = slot.started();
    if (record === undefined || started === undefined || record.ended !== undefined || record.boot !== bootId())
      continue;
    const pids = membersOf(record.groups.tree) ?? [started.pid];
    const usage = usageOf(record.groups.tree, pids);
    // Where there is no group, a pid without memory is gone, or is a zombie.
    if (usage.memoryBytes === 0) continue;
    found.set(record.name, { ...usage, startedAt: started.startedAt, files: filesOf(pids) });
  }
  return found;
}

function membersOf(group: string | undefined): readonly number[] | undefined {
  if (group === undefined) return undefined;
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}

function filesOf(pids: readonly number[]): number | undefined {
  try {
    return pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
  } catch {
    return undefined;
  }
}
