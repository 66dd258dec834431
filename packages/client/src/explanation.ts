import { z } from 'zod';

/** What the control API says of one request: the proxy's records of it, each decision with the line that it comes from. */

const ExplainedTry = z
  .object({
    instance: z.string(),
    revision: z.string(),
    /** Milliseconds from the request's `at`. */
    start: z.number(),
    end: z.number(),
    /** The status, or how it ended without one. */
    outcome: z.union([z.number(), z.string()]),
    probe: z.boolean().optional(),
  })
  .meta({ id: 'ExplainedTry' });

const ExplainedDecision = z
  .object({
    /** The path in service.yaml that sets the rule: `traffic.routes[0].timeout.request`. */
    rule: z.string(),
    at: z.number(),
    /** The counters that decided. */
    why: z.string(),
    instance: z.string().optional(),
    /** `services/orders/service.yaml:7`, `default`, or who else has set it. */
    from: z.string(),
  })
  .meta({ id: 'ExplainedDecision' });

export const ExplainedRequest = z
  .object({
    id: z.string(),
    trace: z.string(),
    /** Milliseconds since the epoch. */
    at: z.number(),
    from: z.enum(['gateway', 'edge', 'operator']),
    caller: z.string().optional(),
    service: z.string().optional(),
    route: z.string().optional(),
    protocol: z.string(),
    method: z.string().optional(),
    path: z.string().optional(),
    status: z.number().optional(),
    grpcStatus: z.number().optional(),
    error: z.string().optional(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    timings: z.object({
      queue: z.number(),
      connect: z.number(),
      firstByte: z.number().optional(),
      total: z.number(),
    }),
    tries: z.array(ExplainedTry),
    decisions: z.array(ExplainedDecision),
    kept: z.string(),
  })
  .meta({ id: 'ExplainedRequest' });

export type ExplainedRequest = z.infer<typeof ExplainedRequest>;
