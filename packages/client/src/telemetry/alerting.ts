import { z } from 'zod';

/** What telemetry is for: errors, objectives and alerts, as they are told. */

const ERROR_STATES = ['open', 'resolved', 'ignored', 'regressed'] as const;

export const ErrorGroup = z
  .object({
    /** The fingerprint. */
    group: z.string(),
    /** Of the algorithm that made the fingerprint. */
    version: z.int(),
    service: z.string(),
    type: z.string(),
    message: z.string(),
    /** The frame that is to blame; absent: the stack names none. */
    culprit: z.string().optional(),
    state: z.enum(ERROR_STATES),
    firstSeen: z.number(),
    lastSeen: z.number(),
    count: z.int(),
    /** The revision that brought it. */
    firstRevision: z.string().optional(),
    revisions: z.array(z.string()),
    instances: z.array(z.string()),
    traces: z.array(z.string()),
    sample: z
      .object({ stack: z.string(), attributes: z.record(z.string(), z.unknown()), logsAround: z.array(z.string()) })
      .optional(),
    /** How many in each of the last 24 hours, the newest last. */
    spark: z.array(z.number()),
  })
  .meta({ id: 'ErrorGroup' });

export const Slo = z
  .object({
    service: z.string(),
    name: z.enum(['availability', 'latency']),
    /** Percent. */
    objective: z.number(),
    /** Of latency: so long an answer may take. */
    withinMs: z.number().optional(),
    windowMs: z.number(),
    good: z.number(),
    total: z.number(),
    /** 1: untouched. 0: used up. Below: overdrawn. */
    budgetLeft: z.number(),
    burn: z.array(
      z.object({
        window: z.string(),
        /** How many times faster than allowed the budget is spent, over the window and over its short companion. */
        rate: z.number(),
        shortRate: z.number(),
        threshold: z.number(),
        severity: z.enum(['page', 'ticket']),
        firing: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Slo' });

export const Alert = z
  .object({
    id: z.string(),
    service: z.string().optional(),
    rule: z.string(),
    severity: z.enum(['page', 'ticket', 'info']),
    state: z.enum(['firing', 'acknowledged', 'silenced', 'resolved']),
    since: z.number(),
    endedAt: z.number().optional(),
    summary: z.string(),
    /** The figures that decided. */
    why: z.string(),
    /** Path in the dashboard. */
    link: z.string(),
    /** What to do. */
    help: z.string(),
  })
  .meta({ id: 'Alert' });

export type ErrorGroup = z.infer<typeof ErrorGroup>;
export type Slo = z.infer<typeof Slo>;
export type Alert = z.infer<typeof Alert>;
