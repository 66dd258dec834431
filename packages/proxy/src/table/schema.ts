import type { RoutingTable } from '@islet/policy';
import { z } from 'zod';
import { MAX_THREADS } from '../shared/layout.ts';
import { traffic } from './traffic-schema.ts';

/** A table as it comes over the control socket: checked once, and trusted from then on. */
export const routingTableSchema: z.ZodType<RoutingTable> = z.lazy(() => table);

const host = z.string().min(1).max(255);
const port = z.int().min(1).max(65_535);
/** Names become header values and file names. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, 'a name is letters, digits, dots and dashes');

const route = z.strictObject({
  host: optional(z.string().min(1).max(255).toLowerCase()),
  path: z.string().startsWith('/').max(8_000),
  strip: z.boolean(),
  service: name,
});

const file = z.string().startsWith('/').max(4_096);

const secure = z.strictObject({
  certificates: z.array(z.strictObject({ cert: file, key: file })).max(100),
  port,
  redirect: z.boolean(),
});

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

const listener = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('gateway'),
    host,
    port,
    routes: z.array(route),
    secure: optional(secure),
    passedOnBy: optional(z.array(network).max(100)),
  }),
  z.strictObject({ kind: z.literal('edge'), caller: name, service: name, host, port }),
  z.strictObject({ kind: z.literal('operator'), path: z.string().startsWith('/').max(107) }),
]);

/** Revisions are named by what the control plane makes of their inputs. */
const revision = z.string().min(1).max(200);

const endpoint = z.strictObject({
  instance: name,
  revision,
  host,
  port,
  http2: optional(z.boolean()),
  toldClients: optional(z.boolean()),
});

const split = z.strictObject({
  weights: z
    .record(revision, z.number().min(0).max(100))
    .refine((weights) => Math.abs(Object.values(weights).reduce((sum, one) => sum + one, 0) - 100) < 1e-6, {
      message: 'weights are percent, together 100',
    }),
  stable: revision,
  rules: z.array(
    z.strictObject({
      kind: z.enum(['header', 'cookie', 'host']),
      name: z.string().min(1).max(200),
      value: optional(z.string().max(1_000)),
      revision,
    }),
  ),
  mirror: optional(z.strictObject({ revision, percent: z.number().min(0).max(100) })),
});

const service = z.strictObject({
  protocol: z.enum(['http', 'grpc', 'tcp']),
  traffic,
  lines: optional(z.record(z.string(), z.string())),
  endpoints: z.array(endpoint),
  warm: optional(z.array(endpoint)),
  split: optional(split),
  unavailable: optional(z.string().max(2_000)),
  hold: optional(z.strictObject({ maxMs: z.int().min(1), requests: z.int().min(1) })),
  fault: optional(
    z.strictObject({
      kind: z.enum(['slow', 'errors', 'partition']),
      instance: name,
      percent: z.number().min(0).max(100),
      delayMs: z.int().min(0),
      until: z.number(),
    }),
  ),
});

const identity = z.strictObject({
  issuer: z.string().min(1),
  audience: optional(z.string().min(1)),
  keys: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
    z.strictObject({ kind: z.literal('file'), file }),
  ]),
});

const table = z.strictObject({
  version: z.int().min(0),
  routes: z.string(),
  workers: optional(z.int().min(1).max(MAX_THREADS)),
  identity: optional(identity),
  listeners: z.array(listener),
  services: z.record(name, service),
});

/** JSON leaves out what is undefined; the contract says it is there. */
function optional<T>(type: z.ZodType<T>) {
  return type.optional().transform((value) => value as T | undefined);
}
