import { z } from 'zod';

export const DrillRequest = z.object({
  drill: z.enum(['kill', 'pause', 'slow', 'errors', 'partition', 'disk-full']),
  forMs: z.int().min(100).max(300_000),
});

export const DrillBegun = z
  .object({
    /** What it is done to. */
    instance: z.string(),
    /** When the fault is over at the latest. */
    until: z.number(),
  })
  .meta({ id: 'DrillBegun' });
export type DrillBegun = z.infer<typeof DrillBegun>;

export const DrillTarget = z
  .object({
    /** How it is asked. */
    protocol: z.enum(['http', 'grpc', 'tcp']),
    /** Where the requests come from; `none`: nothing is known that may be asked. */
    from: z.enum(['smoke', 'contract', 'none']),
    /** Each changes nothing. */
    requests: z.array(
      z.object({
        method: z.enum(['GET', 'HEAD', 'OPTIONS']),
        path: z.string(),
        headers: z.record(z.string(), z.string()),
      }),
    ),
    /** The service's own, and where it stands. */
    goal: z.object({
      successPercent: z.number(),
      from: z.enum(['rollout.analysis', 'default']),
      /** `telemetry.slo.availability`: of the requests of 30 days, in percent, so many succeed; absent: none is promised. */
      sloPercent: z.number().optional(),
    }),
  })
  .meta({ id: 'DrillTarget' });
export type DrillTarget = z.infer<typeof DrillTarget>;
