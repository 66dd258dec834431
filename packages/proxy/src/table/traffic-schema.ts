import type { RoutedService } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { CONTENT_CODINGS, PRIORITIES, RETRY_CONDITIONS } from '@islet/spec/model';
import { z } from 'zod';

/** A timer of the runtime holds no more. */
const ms = z.int().min(0).max(2_147_483_647);
const bytes = z.int().min(1);
const percent = z.number().min(0).max(100);

const balance = z.strictObject({
  algorithm: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('least-request'), choiceCount: z.int().min(2).max(100) }),
    z.strictObject({ kind: z.literal('round-robin') }),
    z.strictObject({ kind: z.literal('random') }),
    z.strictObject({
      kind: z.literal('ring-hash'),
      key: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('client') }),
        z.strictObject({ kind: z.enum(['header', 'cookie']), name: z.string().min(1).max(64) }),
        z.strictObject({ kind: z.literal('path'), pattern: z.string().startsWith('/').max(8_000) }),
      ]),
      boundPercent: z.int().min(101),
    }),
    z.strictObject({ kind: z.literal('peak-ewma'), decayMs: ms.min(1), defaultRttMs: ms.min(1) }),
  ]),
  slowStart: orOff(z.strictObject({ windowMs: ms.min(1), fromPercent: percent.min(1) })),
  panicPercent: percent,
  sticky: orOff(z.strictObject({ cookie: z.string().min(1).max(64), maxAgeMs: orOff(ms) })),
});

const timeout = z.strictObject({ connectMs: ms, requestMs: ms, perTryMs: ms, idleMs: ms });

const retry = z.strictObject({
  attempts: z.int().min(1).max(100),
  budgetPercent: percent,
  on: z.array(z.enum(RETRY_CONDITIONS)),
  backoff: z.strictObject({ baseMs: ms, maxMs: ms }),
});

const outlier = z.strictObject({
  consecutive5xx: z.int().min(1),
  consecutiveGateway: z.int().min(1),
  failureRatePercent: percent.min(1),
  minCalls: z.int().min(1),
  baseMs: ms,
  maxMs: ms,
  maxPercent: percent,
});

const breaker = z.strictObject({
  failureRatePercent: percent,
  slow: orOff(z.strictObject({ afterMs: ms.min(1), ratePercent: percent.min(1) })),
  windowMs: ms.min(10),
  minCalls: z.int().min(1),
  openMs: ms,
  maxOpenMs: ms,
  halfOpen: z.int().min(1),
});

const limits = z.strictObject({
  connections: z.int().min(1),
  pending: z.int().min(0),
  requests: z.union([z.literal('auto'), z.int().min(1)]),
  queueMs: ms,
  sizes: z.strictObject({
    requestHeaders: orOff(bytes),
    requestBody: orOff(bytes),
    responseHeaders: orOff(bytes),
    responseBody: orOff(bytes),
  }),
});

const admission = z.strictObject({
  k: z.number().min(1),
  windowMs: ms.min(12),
  header: orOff(z.string().min(1).max(64)),
});

const rateLimit = z.strictObject({
  rps: z.int().min(1),
  burst: z.int().min(1),
  by: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('client') }),
    z.strictObject({ kind: z.literal('header'), name: z.string().min(1).max(64) }),
    z.strictObject({ kind: z.literal('claim'), name: z.string().min(1).max(64) }),
    z.strictObject({ kind: z.literal('route') }),
  ]),
});

const cache = z.strictObject({
  memoryBytes: bytes,
  maxBodyBytes: bytes,
  freshForMs: ms,
  staleWhileRevalidateMs: ms,
  staleIfErrorMs: ms,
  acrossRevisions: z.boolean(),
});
const accessLog = z.strictObject({ sample: z.int().min(0), slowMs: ms });

const compress = z.strictObject({
  encodings: z.array(z.enum(CONTENT_CODINGS)),
  minBytes: bytes,
  types: z.array(z.string().min(1).max(200)),
});

const fallback = z.strictObject({
  unanswered: z.boolean(),
  statuses: z.array(z.int().min(400).max(599)),
  to: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('respond'),
      status: z.int().min(200).max(599),
      type: z.string().regex(/^[\x20-\x7e]{1,200}$/),
      body: z.string(),
      file: orOff(z.string()),
    }),
    z.strictObject({ kind: z.literal('service'), service: z.string().min(1).max(200) }),
  ]),
});

const policy = z.strictObject({
  balance,
  timeout,
  retry: orOff(retry),
  hedge: orOff(z.strictObject({ delayMs: orOff(ms.min(1)) })),
  outlier: orOff(outlier),
  breaker: orOff(breaker),
  limits,
  priority: z.enum(PRIORITIES),
  admission: orOff(admission),
  rateLimit: z.array(rateLimit),
  cache: orOff(cache),
  compress: orOff(compress),
  fallback: orOff(fallback),
  accessLog,
});

const override = z.strictObject({
  at: orOff(z.array(z.union([z.string(), z.int()]))),
  caller: orOff(z.string().min(1).max(200)),
  route: orOff(
    z.strictObject({ method: orOff(z.string().min(1).max(40)), path: z.string().startsWith('/').max(8_000) }),
  ),
  changes: z.array(z.enum(Object.keys(policy.shape) as (keyof TrafficSpec)[])),
  policy: policy.partial() as z.ZodType<Partial<TrafficSpec>>,
});

export const traffic: z.ZodType<RoutedService['traffic']> = policy.extend({
  overrides: z.array(override).max(100_000),
});

/** JSON leaves out what is off; the contract says that it is undefined. */
function orOff<T>(type: z.ZodType<T>) {
  return type.optional().transform((value) => value as T | undefined);
}
