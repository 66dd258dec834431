import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessSpec } from './model.ts';
import { type Hierarchy, legacyHierarchy, unifiedHierarchy } from './mounts.ts';

/**
 * One cgroup (v2) for each slot answers what pids can't: who belongs to it, however it forked; whether anything is left;
 * and `cgroup.kill` ends all at once. It needs no controller. Limits need one, and a controller belongs either to v2 or,
 * on hybrid machines, to a v1 hierarchy of its own: then the slot gets a second folder there.
 *
 * v2 folders are made at the root of the hierarchy, so that they outlive the login session that Islet was started from;
 * below the own cgroup where the root can't be written (in a container, or delegated by systemd). v1 folders are made
 * below the own one first, so that a limit which holds for Islet as a whole goes on holding.
 */
export interface SlotGroups {
  /** Undefined: the tree has to be found by looking. */
  readonly tree: string | undefined;
  /** v1 folders that hold the limits. */
  readonly limits: readonly string[];
}

type LimitPlace =
  | { readonly kind: 'unified' }
  | { readonly kind: 'legacy'; readonly base: string }
  | { readonly kind: 'none'; readonly reason: string };

export interface Cgroups {
  /** The system's folder in v2. */
  readonly tree: string | undefined;
  readonly memory: LimitPlace;
  readonly cpu: LimitPlace;
}

const PERIOD_US = 100_000;
/** No name of a process. One that was left by a supervisor killed here is used and removed by the next. */
const PROBE = '_probe';

/** Finds out what this machine allows by doing it once. */
export function openCgroups(system: string): Cgroups {
  const folder = `islet-${system}`;
  const unified = unifiedHierarchy();
  const bases = unified === undefined ? [] : [join(unified.root, folder), join(unified.own, folder)];
  const tree = bases.find(canBeJoined);
  return { tree, memory: limitPlace('memory', tree, folder), cpu: limitPlace('cpu', tree, folder) };
}

type Grouped = Pick<ProcessSpec, 'name' | 'limits' | 'background'>;

/** Which folders a slot will have. Nothing is made yet: the record comes first. */
export function planGroups(cgroups: Cgroups, { name, limits, background = false }: Grouped): SlotGroups {
  const places = [
    limits.memoryBytes === undefined ? undefined : cgroups.memory,
    limits.cpu === undefined && !background ? undefined : cgroups.cpu,
  ];
  const bases = places.flatMap((place) => (place?.kind === 'legacy' ? [place.base] : []));
  return {
    tree: cgroups.tree && slotIn(cgroups.tree, name),
    limits: [...new Set(bases)].map((base) => slotIn(base, name)),
  };
}

export function makeGroups(
  { tree, limits: legacy }: SlotGroups,
  { limits, background = false }: Omit<Grouped, 'name'>,
): void {
  const { memoryBytes, cpu } = limits;
  if (tree !== undefined) {
    makeUnified(dirname(tree));
    mkdirSync(tree, { recursive: true });
  }
  for (const folder of legacy) mkdirSync(folder, { recursive: true });
  for (const folder of [tree, ...legacy]) {
    if (folder === undefined) continue;
    if (memoryBytes !== undefined) limitMemory(folder, Math.floor(memoryBytes));
    if (cpu !== undefined) limitCpu(folder, Math.max(1_000, Math.round(cpu * PERIOD_US)));
    if (background) yieldCpu(folder);
  }
}

/** Did the kernel end a process of it for want of memory? */
export function ranOutOfMemory({ tree, limits }: SlotGroups): boolean {
  const counters = [tree && join(tree, 'memory.events'), ...limits.map((folder) => join(folder, 'memory.oom_control'))];
  return counters.some((file) => file !== undefined && /^oom_kill [1-9]/m.test(readIfThere(file)));
}

/** Removes the folders, and the system's own once it is empty. False: something in them is still ending. */
export function removeGroups({ tree, limits }: SlotGroups): boolean {
  const folders = [tree, ...limits].filter((folder) => folder !== undefined);
  const removed = folders.map((folder) => removeGroup(folder)).every(Boolean);
  for (const folder of folders) removeGroup(dirname(folder), { nested: false });
  return removed;
}

/** No interface file of a cgroup ends so. */
function slotIn(base: string, name: string): string {
  return join(base, `${name}.slot`);
}

function canBeJoined(base: string): boolean {
  const probe = slotIn(base, PROBE);
  try {
    makeUnified(base);
    mkdirSync(probe, { recursive: true });
    const joined = spawnSync('/bin/sh', ['-c', 'echo $$ >"$1/cgroup.procs"', 'sh', probe], { stdio: 'ignore' });
    return joined.status === 0;
  } catch {
    return false;
  } finally {
    removeGroups({ tree: probe, limits: [] });
  }
}

/** The system's folder, with as many controllers for its slots as there are. */
function makeUnified(base: string): void {
  mkdirSync(base, { recursive: true });
  for (const controller of ['memory', 'cpu']) {
    for (const folder of [dirname(base), base]) {
      if (readIfThere(join(folder, 'cgroup.controllers')).split(/\s/).includes(controller)) {
        attempt(() => writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`));
      }
    }
  }
}

function limitPlace(controller: 'memory' | 'cpu', tree: string | undefined, folder: string): LimitPlace {
  if (tree !== undefined && hasUnifiedController(tree, controller)) return { kind: 'unified' };
  const legacy = legacyHierarchy(controller);
  const base = legacy && legacyBase(legacy, folder);
  if (base !== undefined) return { kind: 'legacy', base };
  return { kind: 'none', reason: whyNoLimit(controller, tree, legacy) };
}

function hasUnifiedController(tree: string, controller: string): boolean {
  const probe = slotIn(tree, PROBE);
  try {
    makeUnified(tree);
    mkdirSync(probe, { recursive: true });
    return readdirSync(probe).includes(`${controller}.max`);
  } catch {
    return false;
  } finally {
    removeGroups({ tree: probe, limits: [] });
  }
}

function legacyBase({ root, own }: Hierarchy, folder: string): string | undefined {
  return [join(own, folder), join(root, folder)].find((base) => {
    const probe = slotIn(base, PROBE);
    const made = attempt(() => mkdirSync(probe, { recursive: true }));
    removeGroups({ tree: undefined, limits: [probe] });
    return made;
  });
}

function whyNoLimit(controller: string, tree: string | undefined, legacy: Hierarchy | undefined): string {
  if (tree === undefined && process.getuid?.() !== 0)
    return 'not root, and no cgroup is delegated to this user; run Islet as root';
  if (tree === undefined && legacy === undefined) return 'this machine has no cgroup file system that can be written';
  return `the ${controller} controller can't be enabled for ${tree ?? 'a cgroup of this machine'}`;
}

function limitMemory(folder: string, bytes: number): void {
  writeIfThere(join(folder, 'memory.max'), String(bytes));
  writeIfThere(join(folder, 'memory.swap.max'), '0');
  writeIfThere(join(folder, 'memory.limit_in_bytes'), String(bytes));
  writeIfThere(join(folder, 'memory.memsw.limit_in_bytes'), String(bytes));
}

function limitCpu(folder: string, quotaUs: number): void {
  writeIfThere(join(folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
  writeIfThere(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
  writeIfThere(join(folder, 'cpu.cfs_quota_us'), String(quotaUs));
}

/** A tenth of what each other has, wherever there is not enough for all: niceness counts only within one cgroup. */
function yieldCpu(folder: string): void {
  writeIfThere(join(folder, 'cpu.weight'), '10');
  writeIfThere(join(folder, 'io.weight'), '10');
  writeIfThere(join(folder, 'cpu.shares'), '102');
}

/** Cgroups that a process of the slot made inside it go first. */
function removeGroup(folder: string, { nested } = { nested: true }): boolean {
  try {
    if (nested) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) removeGroup(join(folder, entry.name));
      }
    }
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** A controller's file exists only where the controller is. The kernel makes these files; a write never creates one. */
function writeIfThere(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'r+' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
