import { z } from 'zod';

/** What the control API is asked, and says, of a service's capacity. */

export const CapacityQuestion = z
  .object({
    rps: z.number().positive().max(100_000),
    /** How busy instances may be, in percent. */
    utilizationPercent: z.number().min(1).max(99).default(70),
    /** Requests that one instance serves at once; absent: as many as it has cores. */
    parallel: z.int().min(1).max(1_000).optional(),
    /** How long to measure. A call waits for a minute at most. */
    overMs: z.int().min(2_000).max(50_000).default(10_000),
  })
  .meta({ id: 'CapacityQuestion' });

const Forecast = z
  .object({
    instances: z.int(),
    utilizationPercent: z.number(),
    /** The probability that a request has to wait, from 0 to 1. */
    waits: z.number(),
    waitMs: z.number(),
    meanMs: z.number(),
    p95Ms: z.number(),
    /** Requests in the service at once, on the mean. */
    inFlight: z.number(),
  })
  .meta({ id: 'Forecast' });

export const Capacity = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('forecast'),
      service: z.string(),
      rps: z.number(),
      seen: z.object({
        overMs: z.number(),
        requests: z.int(),
        rps: z.number(),
        meanMs: z.number(),
        p95Ms: z.number(),
        instances: z.int(),
        /** Processor cores in use, by all of its instances; absent: not measured. */
        cores: z.number().optional(),
      }),
      model: z.object({
        /** What requests queue for. */
        limit: z.enum(['cores', 'declared']),
        serversPerInstance: z.int(),
        serviceMs: z.number(),
        /** Milliseconds that do not depend on the load. */
        restMeanMs: z.number(),
        restP95Ms: z.number(),
      }),
      /** With as many instances as are needed. */
      needed: Forecast,
      /** With those that are there; absent: they can't carry it. */
      unchanged: Forecast.optional(),
      /**
       * Fitted to the first half of the time and asked about the second, how far off it was: 0.1 is a tenth too much.
       * Absent: it would have called the second half more than the instances can carry.
       */
      error: z.object({ mean: z.number(), p95: z.number() }).optional(),
      /** What else holds: the file's maximum, the machine's cores, how far this is from what was measured. */
      warnings: z.array(z.string()),
    }),
    z.object({
      kind: z.literal('refused'),
      service: z.string(),
      why: z.string(),
      hint: z.string(),
    }),
  ])
  .meta({ id: 'Capacity' });

export type CapacityQuestion = z.infer<typeof CapacityQuestion>;
export type Capacity = z.infer<typeof Capacity>;
