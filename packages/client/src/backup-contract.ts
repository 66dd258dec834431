import { z } from 'zod';
import { BackupCopy, BackupVerdict, Branch, DrillResult, Rewind, StoreBackup } from './backups.ts';
import { route } from './route.ts';

const service = z.object({ service: z.string() });

/** The part of the contract that is about backups, restores and drills. */
export const backupRoutes = {
  backups: route('backups', { summary: "How every service's store is backed up", response: z.array(StoreBackup) }),
  backUp: route('backUp', {
    summary: 'Copy the store now; the copy is there when one that was begun after `askedAt` is',
    params: service,
    /** Of each of these stores. */
    response: z.object({ askedAt: z.number(), stores: z.array(z.string()) }),
  }),
  backupList: route('backupList', {
    summary: "A service's copies, newest first",
    params: service,
    response: z.array(BackupCopy),
  }),
  verifyBackups: route('verifyBackups', {
    summary: "Read all of a service's backups, and check every byte",
    params: service,
    response: BackupVerdict,
  }),
  restore: route('restore', {
    summary: 'Replace the store by one from its backups: the service is drained for it, and the old data kept aside',
    params: service,
    body: z.object({ to: z.string() }),
    response: z.object({ id: z.string() }),
  }),
  restoreResult: route('restoreResult', {
    summary: 'What became of a restore',
    params: service.extend({ id: z.string() }),
    response: z.object({ state: z.enum(['restoring', 'restored', 'failed']), text: z.string() }),
  }),
  endRestore: route('endRestore', {
    summary: 'Delete the data from before the last restore; or with `undo`, bring it back',
    params: service,
    body: z.object({ undo: z.boolean() }),
    response: z.object({ id: z.string() }),
  }),
  rewind: route('rewind', {
    summary: 'Bring every store, and what is asked for, back to one moment: all of them, or none',
    body: z.object({ to: z.string() }),
    response: Rewind,
  }),
  rewindResult: route('rewindResult', {
    summary: 'What became of it',
    params: z.object({ id: z.string() }),
    response: z.object({ state: z.enum(['running', 'done', 'failed']), text: z.string() }),
  }),
  branches: route('branches', { summary: 'Running copies of stores as they were', response: z.array(Branch) }),
  makeBranch: route('makeBranch', {
    summary: 'A running copy of the store as it was, on an address of its own',
    params: service,
    body: z.object({ to: z.string(), name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/) }),
    response: Branch,
  }),
  dropBranch: route('dropBranch', {
    summary: 'Delete a branch with its data',
    params: z.object({ branch: z.string() }),
    response: z.object({ dropped: z.boolean() }),
  }),
  countRows: route('countRows', {
    summary: 'Rows of every table, of the store or of a branch of it',
    params: service,
    query: z.object({ branch: z.string().optional() }),
    response: z.record(z.string(), z.number()),
  }),
  drill: route('drill', {
    summary: 'Restore the newest backup beside the service now, check it, and throw it away',
    params: service,
    response: z.object({ askedAt: z.number() }),
  }),
  drillResult: route('drillResult', {
    summary: 'The last drill',
    params: service,
    response: z.object({ last: DrillResult.optional() }),
  }),
  exportRecoveryKey: route('exportRecoveryKey', {
    summary: 'The key without which no backup can be read elsewhere; recorded as exported',
    body: z.object({ again: z.boolean() }),
    response: z.object({ id: z.string(), key: z.string() }),
  }),
} as const;
