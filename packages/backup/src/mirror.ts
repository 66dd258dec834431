import { type CallOptions, DriverError } from '@islet/driver';
import type { Removals } from './removals.ts';
import type { Repository, StoredObject } from './repository.ts';

/** How far the second copy is. */
export type MirrorTold =
  /** Everything that was stored at `at` or before is there too. */
  | { readonly kind: 'synced'; readonly at: number }
  | { readonly kind: 'behind'; readonly since: number; readonly objects: number; readonly why: string | undefined };

export interface MirrorParts {
  readonly from: Repository;
  readonly to: Repository;
  /** Outlive the process: no comparison tells of a removal, since what is in the second place alone may be all that is left. */
  readonly removals: Removals;
  readonly now: () => number;
  readonly pause: (ms: number, options: CallOptions) => Promise<void>;
  readonly tell: (told: MirrorTold) => void;
}

type Change = 'put' | 'remove';

const LOOK_MS = 200;
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 60_000;
const AT_ONCE = 4;
/** More names than this are not remembered: both places are compared instead. */
const REMEMBERED = 10_000;

/**
 * A repository that writes to one place, and brings everything to a second one a moment later. Who writes never waits for
 * the second. What says that something is whole (a manifest, how far a log goes) arrives after what it speaks of.
 */
export function mirrored(
  parts: MirrorParts,
  { signal }: CallOptions,
): { readonly repository: Repository; readonly ended: Promise<void> } {
  const { from, to, removals, now } = parts;
  const changed = new Map<string, Change>();
  /** At the beginning, and after trouble, nobody knows what is missing. */
  let compare = true;
  /** Removals of which `changed` does not know yet. */
  let removing = 0;
  /** There may be removals that are written down. */
  let isWrittenDown = true;
  const note = (name: string, change: Change) => {
    // Again at the end: what comes later in one place comes later in the other.
    changed.delete(name);
    changed.set(name, change);
    if (changed.size <= REMEMBERED) return;
    changed.clear();
    compare = true;
  };

  const bring = async (name: string, options: CallOptions) => {
    const bytes = await from.get(name, options);
    // Removed since: that is the next change.
    if (bytes !== undefined) await to.put(name, bytes, options);
  };
  const differences = async (options: CallOptions): Promise<readonly (readonly [string, Change])[]> => {
    const [gone, [here, there]] = await Promise.all([removals.all(), listBoth(parts, options)]);
    const known = new Set(here.map(({ name }) => name));
    const [puts, removed] = [missingIn(here, there), gone.filter((name) => !known.has(name))];
    return [...puts.map((name) => [name, 'put'] as const), ...removed.map((name) => [name, 'remove'] as const)];
  };
  const forgetRemovals = async () => {
    if (!isWrittenDown || removing > 0 || compare || [...changed.values()].includes('remove')) return;
    isWrittenDown = false;
    await removals.clear().catch(() => {
      isWrittenDown = true;
    });
  };
  const round = async (options: CallOptions) => {
    const isCompared = compare;
    compare = false;
    let batch: readonly (readonly [string, Change])[] = [];
    try {
      const found = isCompared ? await differences(options) : [];
      // What was noted meanwhile came later.
      batch = [...new Map([...found, ...changed])];
      changed.clear();
      const puts = batch.filter(([, change]) => change === 'put').map(([name]) => name);
      await atOnce(
        puts.filter((name) => !isLast(name)),
        (name) => bring(name, options),
      );
      for (const name of puts.filter(isLast)) await bring(name, options);
      for (const [name, change] of batch) if (change === 'remove') await to.remove(name, options);
      await forgetRemovals();
    } catch (error) {
      compare = true;
      // Also those that could not be written down.
      for (const [name, change] of batch) if (change === 'remove' && !changed.has(name)) changed.set(name, change);
      throw error;
    }
  };
  const run = async () => {
    let failures = 0;
    let since = now();
    while (!signal.aborted) {
      const at = now();
      try {
        await round({ signal });
        failures = 0;
        since = now();
        parts.tell({ kind: 'synced', at });
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        parts.tell({ kind: 'behind', since, objects: changed.size, why: DriverError.from(error).message });
      }
      const wait = failures === 0 ? LOOK_MS : Math.min(RETRY_FIRST_MS * 2 ** Math.min(failures, 10), RETRY_LONGEST_MS);
      await parts.pause(wait, { signal }).catch(() => {});
    }
  };

  const repository: Repository = {
    ...from,
    put: async (name, bytes, options) => {
      await from.put(name, bytes, options);
      note(name, 'put');
    },
    remove: async (name, options) => {
      removing++;
      try {
        isWrittenDown = true;
        // On a full disk it is what makes room.
        await removals.add(name).catch(() => {});
        await from.remove(name, options);
        note(name, 'remove');
      } finally {
        removing--;
      }
    },
  };
  return { repository, ended: run() };
}

/** Brings everything of one repository to another. Returns how many objects that were. */
export async function bringAll(from: Repository, to: Repository, options: CallOptions): Promise<number> {
  const names = missingIn(...(await listBoth({ from, to }, options)));
  const bring = async (name: string) => {
    const bytes = await from.get(name, options);
    if (bytes !== undefined) await to.put(name, bytes, options);
  };
  await atOnce(
    names.filter((name) => !isLast(name)),
    bring,
  );
  for (const name of names.filter(isLast)) await bring(name);
  return names.length;
}

async function listBoth(
  { from, to }: Pick<MirrorParts, 'from' | 'to'>,
  options: CallOptions,
): Promise<readonly [here: readonly StoredObject[], there: readonly StoredObject[]]> {
  return Promise.all([from.list('', options), to.list('', options)]);
}

function missingIn(here: readonly StoredObject[], there: readonly StoredObject[]): readonly string[] {
  const known = new Map(there.map(({ name, bytes }) => [name, bytes]));
  // The record of how far a log goes is written again and again, at one length.
  return here
    .filter(({ name, bytes }) => known.get(name) !== bytes || name.endsWith('/log/head'))
    .map(({ name }) => name);
}

function isLast(name: string): boolean {
  return name.endsWith('/manifest') || name.endsWith('/log/head');
}

async function atOnce(names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
  const waiting = names.values();
  const worker = async () => {
    for (const name of waiting) await act(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
