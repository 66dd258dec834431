import { z } from 'zod';

/* How a person tries a service out: what it offers, a call, and what came back. */

export const GrpcMethod = z
  .object({
    /** `/shop.Catalog/GetProduct`. */
    path: z.string(),
    summary: z.string(),
    /** A request as JSON, to begin with. */
    example: z.string(),
    /** Of either side: one message is sent, and all that come back are shown. */
    isStreamed: z.boolean(),
  })
  .meta({ id: 'GrpcMethod' });

export const ServiceContract = z
  .object({
    protocol: z.enum(['http', 'grpc', 'tcp']),
    /** Relative to the service's folder; absent: its file names none. */
    file: z.string().optional(),
    /** As it is written there; absent with `file`: why not is in `problem`. */
    text: z.string().optional(),
    problem: z.string().optional(),
    /** Of gRPC: what can be called. */
    methods: z.array(GrpcMethod).optional(),
  })
  .meta({ id: 'ServiceContract' });

export const ServiceCall = z
  .object({
    method: z.string().regex(/^[A-Z]{3,20}$/),
    /** With its query; of gRPC the method's. */
    path: z.string().startsWith('/').max(8_000),
    headers: z.record(z.string(), z.string()).default({}),
    /** Of gRPC the message, as JSON. */
    body: z.string().max(500_000).optional(),
  })
  .meta({ id: 'ServiceCall' });

export const ServiceReply = z
  .object({
    status: z.int(),
    headers: z.array(z.tuple([z.string(), z.string()])),
    /** Of gRPC the messages, as JSON. */
    body: z.string(),
    /** How the call ended: 0 is well (gRPC's own codes). */
    grpc: z.object({ status: z.int().optional(), message: z.string().optional() }).optional(),
    /** There was more than is told, or it was no text. */
    cut: z.boolean(),
    ms: z.number(),
    /** Of the trace that this call began. */
    trace: z.string(),
  })
  .meta({ id: 'ServiceReply' });

export type GrpcMethod = z.infer<typeof GrpcMethod>;
export type ServiceContract = z.infer<typeof ServiceContract>;
export type ServiceCall = z.input<typeof ServiceCall>;
export type ServiceReply = z.infer<typeof ServiceReply>;
