import { SERVICE_STATES } from '@islet/plan';
import { z } from 'zod';

/** What a person is told about a system. Derived from desired and observed on every request; never stored. */

export const InstanceStatus = z
  .object({
    id: z.string(),
    revision: z.string(),
    state: z.enum(['starting', 'ready', 'unready', 'draining', 'drained', 'warm', 'stopping', 'exited']),
    pid: z.int().optional(),
    port: z.int().optional(),
    startedAt: z.number().optional(),
    /** Ends since it was last healthy for long. */
    exits: z.int(),
    /** `exit 1, again after 4 s`. */
    why: z.string().optional(),
  })
  .meta({ id: 'InstanceStatus' });

export const Failure = z
  .object({
    /** `build`, `migrate`, `start` … */
    step: z.string(),
    reason: z.string(),
    at: z.number(),
    /** The last lines that it printed, secrets redacted. */
    log: z.array(z.string()),
  })
  .meta({ id: 'Failure' });

export const ServiceStatus = z
  .object({
    name: z.string(),
    language: z.string(),
    state: z.enum(SERVICE_STATES),
    /** One sentence that says why it is in this state, and what to do where something can be done. */
    why: z.string(),
    /** The revision that serves; undefined: none. */
    revision: z.string().optional(),
    /** The revision asked for. */
    wanted: z.string().optional(),
    instances: z.object({ ready: z.int(), desired: z.int() }),
    /** Public URL, or where the operator reaches it. */
    address: z.string().optional(),
    database: z.object({ engine: z.string(), state: z.string(), pid: z.int().optional() }).optional(),
    redis: z.object({ state: z.string(), pid: z.int().optional() }).optional(),
    blocked: z.array(z.string()),
    failure: Failure.optional(),
    instanceList: z.array(InstanceStatus),
  })
  .meta({ id: 'ServiceStatus' });

export const SystemStatus = z
  .object({
    system: z.string(),
    /** Absolute path of the system's folder. */
    folder: z.string(),
    state: z.string(),
    environment: z.string().optional(),
    version: z.string(),
    /** Counts every `up`, `scale`, `restart` … accepted. */
    revision: z.int(),
    gateway: z.string().optional(),
    /** The certificate of the development authority, which clients of the gateway are to trust; absent: it speaks for nobody. */
    authority: z.string().optional(),
    processes: z.object({
      controlPlane: z.object({ pid: z.int(), startedAt: z.number() }),
      proxy: z.object({ pid: z.int() }).optional(),
      keeper: z.object({ pid: z.int() }).optional(),
    }),
    services: z.array(ServiceStatus),
    /** Nothing is left to do now: each service is ready, degraded, blocked, failed or stopped. */
    settled: z.boolean(),
    /** The proxy routes as all of this says. */
    routed: z.boolean(),
    /** Why what happens can't be recorded now; absent: it is. */
    unrecorded: z.string().optional(),
    /** What is not as it should be, such as guarantees that do not hold here, with the reason; each a sentence. */
    warnings: z.array(z.string()),
  })
  .meta({ id: 'SystemStatus' });

export type InstanceStatus = z.infer<typeof InstanceStatus>;
export type Failure = z.infer<typeof Failure>;
export type ServiceStatus = z.infer<typeof ServiceStatus>;
export type SystemStatus = z.infer<typeof SystemStatus>;
