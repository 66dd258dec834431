import { join } from 'node:path';
import type { Wanted } from '@islet/backup';
import { type DataDriver, DriverError, type Layout, layoutOf } from '@islet/driver';
import type { Clock } from '../clock.ts';
import { readIfThere, writeAtomically } from '../own-file.ts';
import { type Forget, removeWhole } from './aside.ts';
import type { KeptStore } from './kept-stores.ts';
import { skewNotes } from './moment.ts';
import { describeWanted, restoreStores } from './restore-store.ts';

/** A running copy of a store as it was, under a name of its own. */
export interface Branch {
  readonly name: string;
  /** The store's name. */
  readonly service: string;
  readonly asOf: string;
  readonly startedAt: number;
  readonly state: 'restoring' | 'ready' | 'failed';
  /** Of one that failed, or whose log ended too early. */
  readonly why?: string;
}

export interface Branches {
  list(): readonly Branch[];
  /** Begins; the list tells what becomes of it. Throws `conflict` where there is one of that name. */
  make(wish: BranchWish): Branch;
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface BranchWish {
  readonly name: string;
  readonly service: string;
  readonly wanted: Wanted;
  readonly stores: readonly KeptStore[];
}

export function branchStore(name: string): string {
  return `branch.${name}`;
}

/** What the drivers know a store's branch by; throws, with those that there are, where it has none of that name. */
export function readyBranch(known: readonly Branch[], name: string, of: string): string {
  const names = known.filter(({ service, state }) => service === of && state === 'ready').map((branch) => branch.name);
  if (names.includes(name)) return branchStore(name);
  const hint = names.length > 0 ? `there is ${names.join(', ')}` : `islet restore ${of} --as ${name} makes it`;
  throw new DriverError('not-found', `${of} has no branch ${name} that is ready`, { hint });
}

const BRANCH_MS = 6 * 3_600_000;

export interface BranchParts {
  readonly layout: Layout;
  readonly data: readonly DataDriver[];
  readonly clock: Clock;
  readonly forget: Forget;
}

export function createBranches({ layout, data, clock, forget }: BranchParts): Branches {
  const path = join(layoutOf.backup(layout), 'branches.json');
  const running = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const known = new Map(
    (JSON.parse(readIfThere(path)?.toString() ?? '[]') as Branch[]).map((branch) => [branch.name, interrupted(branch)]),
  );
  const keep = (branch: Branch) => {
    known.set(branch.name, branch);
    writeAtomically(path, JSON.stringify([...known.values()]));
  };
  const make = async ({ name, stores, wanted }: BranchWish, branch: Branch) => {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(BRANCH_MS)]);
    try {
      const as = branchStore(name);
      const { moment, isShort } = await restoreStores({ stores, as, wanted }, { layout, data }, { signal });
      const short = isShort ? ['its log ends before that instant: it is as of the end'] : [];
      const notes = [...short, ...skewNotes(moment.parts)];
      keep({ ...branch, state: 'ready', ...(notes.length > 0 && { why: notes.join('; ') }) });
    } catch (error) {
      if (!closing.signal.aborted) keep({ ...branch, state: 'failed', why: DriverError.from(error).message });
    }
  };
  return {
    list: () => [...known.values()],
    make: (wish) => {
      const { name, service, wanted } = wish;
      if (known.has(name)) {
        throw new DriverError('conflict', `there is a branch ${name}`, {
          hint: `islet restore ${service} --drop ${name}`,
        });
      }
      const branch: Branch = {
        name,
        service,
        asOf: describeWanted(wanted),
        startedAt: clock.now(),
        state: 'restoring',
      };
      keep(branch);
      running.set(
        name,
        make(wish, branch).finally(() => running.delete(name)),
      );
      return branch;
    },
    drop: async (name) => {
      if (!known.has(name)) throw new DriverError('not-found', `there is no branch ${name}`);
      if (running.has(name)) throw new DriverError('conflict', `branch ${name} is being made`, { hint: 'wait for it' });
      for (const driver of data) await removeWhole(driver, branchStore(name), forget);
      known.delete(name);
      writeAtomically(path, JSON.stringify([...known.values()]));
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(running.values());
    },
  };
}

/** Whoever made it is gone. */
function interrupted(branch: Branch): Branch {
  return branch.state === 'restoring'
    ? { ...branch, state: 'failed', why: 'it was interrupted: drop it, and try again' }
    : branch;
}
