import { z } from 'zod';

/** One effective value of what a service was last asked to be. */
export const EffectiveValue = z
  .object({
    path: z.string(),
    value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
    /** `services/orders/service.yaml:7`; absent: a default. */
    from: z.string().optional(),
  })
  .meta({ id: 'EffectiveValue' });

export const ServiceDescription = z
  .object({
    service: z.string(),
    /** Its file, relative to the system's folder. */
    file: z.string(),
    uses: z.array(z.string()),
    values: z.array(EffectiveValue),
  })
  .meta({ id: 'ServiceDescription' });

export type EffectiveValue = z.infer<typeof EffectiveValue>;
export type ServiceDescription = z.infer<typeof ServiceDescription>;
