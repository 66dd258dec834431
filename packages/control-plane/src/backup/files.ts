import { join } from 'node:path';
import {
  type MirrorTold,
  newKey,
  type RecoveryKey,
  recoveryKey,
  type S3Place,
  type StoreOrder,
  type StoreTold,
} from '@islet/backup';
import { type Layout, layoutOf } from '@islet/driver';
import { readIfThere, writeAtomically } from '../own-file.ts';

/**
 * How the control plane and the backup process speak: by files, each written by one of them. So each goes on when the other
 * is dead, and finds all that it must know when it comes back.
 */
export const backupFiles = {
  /** What is asked for; holds passwords. */
  orders: (layout: Layout) => join(layoutOf.backup(layout), 'orders.json'),
  /** What became of it. */
  told: (layout: Layout) => join(layoutOf.backup(layout), 'told.json'),
  key: (layout: Layout) => join(layoutOf.backup(layout), 'recovery-key'),
  /** Holds the name of the key that was exported last. */
  exported: (layout: Layout) => join(layoutOf.backup(layout), 'recovery-key.exported'),
  /** What was removed here, and is still to be removed in the second place. */
  removals: (layout: Layout) => join(layoutOf.backup(layout), 'removals'),
  /** The repository. */
  repository: (layout: Layout) => join(layoutOf.backup(layout), 'repository'),
} as const;

export interface Orders {
  readonly stores: readonly StoreOrder[];
  /** Where the second copy is kept; holds a password. */
  readonly to?: S3Place | undefined;
}

export interface Told {
  readonly pid: number;
  readonly at: number;
  readonly stores: readonly StoreTold[];
  /** Of the second copy. */
  readonly mirror?: MirrorTold | undefined;
}

export function readOrders(layout: Layout): Orders | undefined {
  return readJson(backupFiles.orders(layout)) as Orders | undefined;
}

export function readTold(layout: Layout): Told | undefined {
  return readJson(backupFiles.told(layout)) as Told | undefined;
}

/** Made at the first call. */
export function ensureRecoveryKey(layout: Layout): RecoveryKey {
  const path = backupFiles.key(layout);
  const found = readIfThere(path);
  if (found?.length === 32) return recoveryKey(found);
  if (found !== undefined) throw new Error(`${path} is damaged: put back the key that was exported, or move it away`);
  const key = newKey();
  writeAtomically(path, key);
  return recoveryKey(key);
}

/** Undefined: it isn't there, or is being written by somebody who was killed. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readIfThere(path)?.toString() ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
