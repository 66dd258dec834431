import { z } from 'zod';

/** What a person is told about backups, restores and drills. */

export const StoreBackup = z
  .object({
    service: z.string(),
    engine: z.string(),
    /** `off`: the file says so. `outside`: whoever runs the server has to. `none`: there is no way yet. */
    state: z.enum(['on', 'off', 'outside', 'none']),
    /** The last copy that is whole. */
    last: z
      .object({
        id: z.string(),
        startedAt: z.number(),
        finishedAt: z.number(),
        storedBytes: z.number(),
        plainBytes: z.number(),
        /** What is to be known of it; each a sentence. */
        remarks: z.array(z.string()).optional(),
      })
      .optional(),
    /** What would be lost if the store's folder were lost now; absent: not known. */
    rpoMs: z.number().optional(),
    /** What can be restored. */
    from: z.number().optional(),
    to: z.number().optional(),
    /** As stored, of all copies and the log. */
    bytes: z.number(),
    nextAt: z.number().optional(),
    copyingSince: z.number().optional(),
    failedAt: z.number().optional(),
    /** Everything that was stored by then is in the second place too. */
    mirroredAt: z.number().optional(),
    /** The last restore drill. */
    drill: z.object({ at: z.number(), passed: z.boolean(), rtoMs: z.number().optional() }).optional(),
    /** What it held before its last restore is still kept, to be brought back or deleted. */
    aside: z.boolean().optional(),
    /** What is wrong, each a sentence. */
    problems: z.array(z.string()),
  })
  .meta({ id: 'StoreBackup' });

export const BackupCopy = z
  .object({
    id: z.string(),
    /** The store that it is a copy of: `orders`, `orders.files`. */
    store: z.string(),
    startedAt: z.number(),
    finishedAt: z.number().optional(),
    storedBytes: z.number(),
    plainBytes: z.number().optional(),
    /** `whole` is offered for a restore, nothing else is. */
    state: z.enum(['whole', 'unfinished', 'damaged']),
    problem: z.string().optional(),
    /** With this copy every instant up to here can be restored. */
    to: z.number().optional(),
  })
  .meta({ id: 'BackupCopy' });

export const BackupVerdict = z
  .object({
    copies: z.int(),
    logPieces: z.int(),
    bytes: z.number(),
    findings: z.array(z.object({ name: z.string(), problem: z.string() })),
    unfinished: z.array(z.string()),
  })
  .meta({ id: 'BackupVerdict' });

export const Branch = z
  .object({
    name: z.string(),
    service: z.string(),
    asOf: z.string(),
    startedAt: z.number(),
    state: z.enum(['restoring', 'ready', 'failed']),
    why: z.string().optional(),
    /** Where its database is reached, with its own password. */
    url: z.string().optional(),
    /** The folder that its volumes are in. */
    files: z.string().optional(),
  })
  .meta({ id: 'Branch' });

export const Rewind = z
  .object({
    id: z.string(),
    services: z.array(
      z.object({
        name: z.string(),
        /** The instant that its data comes back as of; absent: it has none that is backed up. */
        at: z.number().optional(),
        /** What of it is not as of then. */
        note: z.string().optional(),
      }),
    ),
    /** Between the oldest and the newest of what comes back. */
    skewMs: z.number(),
  })
  .meta({ id: 'Rewind' });

export const DrillResult = z
  .object({
    startedAt: z.number(),
    finishedAt: z.number(),
    copy: z.string().optional(),
    rtoMs: z.number().optional(),
    rpoMs: z.number().optional(),
    /** What became of the service's smoke test; absent: it has none, or it failed. */
    smoke: z.string().optional(),
    /** None: the backup came back, and all that must hold of it holds. */
    problems: z.array(z.string()),
  })
  .meta({ id: 'DrillResult' });

export type StoreBackup = z.infer<typeof StoreBackup>;
export type BackupCopy = z.infer<typeof BackupCopy>;
export type BackupVerdict = z.infer<typeof BackupVerdict>;
export type Branch = z.infer<typeof Branch>;
export type Rewind = z.infer<typeof Rewind>;
export type DrillResult = z.infer<typeof DrillResult>;
