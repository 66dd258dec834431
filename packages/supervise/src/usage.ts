import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessUsage } from './model.ts';

/** `USER_HZ`, in which `/proc/<pid>/stat` counts: 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

/**
 * What a tree of processes uses. CPU comes from the cgroup, which keeps what its ended processes have used; a v2 group has
 * `cpu.stat` even where the CPU controller belongs to a v1 hierarchy. Memory comes from the group where it has the
 * controller. Without a group, both are added up over those that live: then CPU may go back when one of them ends.
 */
export function usageOf(group: string | undefined, members: readonly number[]): ProcessUsage {
  return {
    cpuMs: groupCpuMs(group) ?? sum(members.map(cpuMs)),
    memoryBytes: groupMemory(group) ?? sum(members.map(residentBytes)),
  };
}

function groupCpuMs(group: string | undefined): number | undefined {
  const found = /^usage_usec (\d+)$/m.exec(read(group, 'cpu.stat'));
  return found === null ? undefined : Number(found[1]) / 1000;
}

/** Without the page cache that the kernel takes back when somebody else needs it. */
function groupMemory(group: string | undefined): number | undefined {
  const current = Number(read(group, 'memory.current'));
  if (current === 0 || Number.isNaN(current)) return undefined;
  const inactive = Number(/^inactive_file (\d+)$/m.exec(read(group, 'memory.stat'))?.[1] ?? 0);
  return Math.max(0, current - inactive);
}

function cpuMs(pid: number): number {
  const text = read(`/proc/${pid}`, 'stat');
  // The command's name stands in parentheses and may hold spaces: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  return Number.isNaN(ticks) ? 0 : (ticks / TICKS_PER_S) * 1000;
}

function residentBytes(pid: number): number {
  const pages = Number(read(`/proc/${pid}`, 'statm').split(' ')[1] ?? 0);
  return Number.isNaN(pages) ? 0 : pages * PAGE_BYTES;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function read(folder: string | undefined, file: string): string {
  if (folder === undefined) return '';
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch {
    return '';
  }
}
