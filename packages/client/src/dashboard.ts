import { z } from 'zod';

/* How a person comes to the dashboard, and who is in. */

export const DashboardLogin = z
  .object({
    /** To open in a browser, below the control plane's own address; good once. */
    path: z.string(),
    expiresAt: z.number(),
  })
  .meta({ id: 'DashboardLogin' });

export const DashboardSession = z
  .object({
    id: z.string(),
    startedAt: z.number(),
    seenAt: z.number(),
    expiresAt: z.number(),
    /** What its browser says it is. */
    agent: z.string(),
  })
  .meta({ id: 'DashboardSession' });

export type DashboardLogin = z.infer<typeof DashboardLogin>;
export type DashboardSession = z.infer<typeof DashboardSession>;
