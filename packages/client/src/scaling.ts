import { z } from 'zod';

/** Why a service has so many instances, as the control API says it. */
export const Scaling = z
  .object({
    service: z.string(),
    /** `auto`: the number follows something. `manual`: a person asked for it. `fixed`: the file says it. */
    mode: z.enum(['auto', 'manual', 'fixed']),
    instances: z.int(),
    ready: z.int(),
    min: z.int(),
    max: z.int(),
    priority: z.int(),
    /** One sentence. */
    why: z.string(),
    /** When it was decided; absent: nothing was measured yet. */
    at: z.number().optional(),
    /** `total` is over all instances (of `p95` the value itself); absent: it could not be measured. */
    signals: z.array(
      z.object({
        metric: z.string(),
        target: z.number(),
        total: z.number().optional(),
        wants: z.int().optional(),
      }),
    ),
    /** Since the proxy started: starts from none, in milliseconds of the first request's wait. */
    coldStarts: z
      .object({ count: z.int(), p50Ms: z.number(), maxMs: z.number(), waiting: z.int(), held: z.int() })
      .optional(),
    /** The last changes of the number, newest last. */
    changes: z.array(z.object({ at: z.number(), from: z.int(), to: z.int(), why: z.string() })),
  })
  .meta({ id: 'Scaling' });

export type Scaling = z.infer<typeof Scaling>;
