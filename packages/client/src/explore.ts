import { z } from 'zod';

/* How a person tries a service out: what it offers, a call, and what came back. */

export const ServiceContract = z
  .object({
    protocol: z.enum(['http', 'grpc', 'tcp']),
    /** Relative to the service's folder; absent: its file names none. */
    file: z.string().optional(),
    /** As it is written there; absent with `file`: why not is in `problem`. */
    text: z.string().optional(),
    problem: z.string().optional(),
  })
  .meta({ id: 'ServiceContract' });

export const ServiceCall = z
  .object({
    method: z.string().regex(/^[A-Z]{3,20}$/),
    /** With its query. */
    path: z.string().startsWith('/').max(8_000),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().max(500_000).optional(),
  })
  .meta({ id: 'ServiceCall' });

export const ServiceReply = z
  .object({
    status: z.int(),
    headers: z.array(z.tuple([z.string(), z.string()])),
    body: z.string(),
    /** There was more than is told, or it was no text. */
    cut: z.boolean(),
    ms: z.number(),
    /** Of the trace that this call began. */
    trace: z.string(),
  })
  .meta({ id: 'ServiceReply' });

export type ServiceContract = z.infer<typeof ServiceContract>;
export type ServiceCall = z.input<typeof ServiceCall>;
export type ServiceReply = z.infer<typeof ServiceReply>;
