import { z } from 'zod';

/* What is asked of one service's store. */

export const StoreAccess = z
  .object({
    engine: z.string(),
    url: z.string(),
    host: z.string().optional(),
    port: z.int().optional(),
    user: z.string().optional(),
    password: z.string().optional(),
    name: z.string().optional(),
    path: z.string().optional(),
  })
  .meta({ id: 'StoreAccess' });

export const QueryAnswer = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('rows'),
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
      /** There are more than these. */
      more: z.boolean(),
    }),
    z.object({ kind: z.literal('done'), text: z.string() }),
    z.object({ kind: z.literal('failed'), reason: z.string() }),
  ])
  .meta({ id: 'QueryAnswer' });

export const SeedAnswer = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('seeded'), files: z.array(z.string()) }),
    z.object({ kind: z.literal('failed'), file: z.string(), reason: z.string() }),
    /** The seed is a command, for whoever asked to run. */
    z.object({ kind: z.literal('command'), command: z.string() }),
  ])
  .meta({ id: 'SeedAnswer' });

export const StoreStatus = z
  .object({
    store: z.enum(['database', 'redis']),
    engine: z.string(),
    state: z.string(),
    version: z.string().optional(),
    /** Where its programs are, where that can be chosen. */
    programs: z.string().optional(),
    /** On disk; of Redis in memory. */
    bytes: z.number().optional(),
    connections: z.object({ open: z.int(), most: z.int() }).optional(),
    /** Of Redis, commands. */
    commitsPerSecond: z.number().optional(),
    /** Of what was read, the share that was in memory. */
    cacheHits: z.number().optional(),
    /** Statements that have run for long, the longest first. */
    slow: z.array(z.object({ forMs: z.number(), text: z.string() })),
    /** Of a store that is a file. */
    file: z
      .object({
        pages: z.int(),
        freePages: z.int(),
        pageBytes: z.int(),
        /** Of the write-ahead log beside it. */
        logBytes: z.number(),
        /** What of that is not in the database yet. */
        waitingBytes: z.number(),
        checkpointedAt: z.number(),
      })
      .optional(),
    /** What its backup is behind. */
    rpoMs: z.number().optional(),
    /** Why nothing more is known. */
    why: z.string().optional(),
  })
  .meta({ id: 'StoreStatus' });

export const MigrationHazard = z
  .object({
    rule: z.string(),
    line: z.int(),
    table: z.string(),
    bytes: z.number(),
    effect: z.string(),
    what: z.string(),
    remedy: z.string(),
    allowed: z.boolean(),
  })
  .meta({ id: 'MigrationHazard' });

export const MigrationPreview = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('pending'),
      migrations: z.array(
        z.object({
          name: z.string(),
          inTransaction: z.boolean(),
          hazards: z.array(MigrationHazard),
          /** Why hazards can't be looked for. */
          unread: z.string().optional(),
        }),
      ),
    }),
    z.object({ kind: z.literal('refused'), migration: z.string(), reason: z.string() }),
  ])
  .meta({ id: 'MigrationPreview' });

export type StoreAccess = z.infer<typeof StoreAccess>;
export type QueryAnswer = z.infer<typeof QueryAnswer>;
export type SeedAnswer = z.infer<typeof SeedAnswer>;
export type StoreStatus = z.infer<typeof StoreStatus>;
export type MigrationPreview = z.infer<typeof MigrationPreview>;
