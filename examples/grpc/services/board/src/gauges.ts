import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { type Level, Tides } from './generated/tides_pb.ts';

export type Reading = {
  readonly harbour: string;
  readonly at: string;
  readonly metres: number;
  readonly rising: boolean;
  /** Which gauge has read it. */
  readonly gauge: string;
};

export type Asking = {
  /** Nobody waits for the answer any more: the gauge is told so, and stops. */
  readonly signal: AbortSignal;
  /** What goes on from hop to hop, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
};

/** Fail with a `ConnectError`, whose code is gRPC's. */
export type Gauges = {
  level(harbour: string, asking: Asking): Promise<Reading>;
  watch(
    harbour: string,
    every: { readonly ms: number; readonly count: number },
    asking: Asking,
  ): AsyncIterable<Reading>;
};

/** How long a visitor waits for one level. The gauge gets what is left of it as its deadline. */
const LEVEL_MS = 800;

/**
 * One connection is enough, however many gauges there are: the proxy at its other end sends each call to the gauge that is
 * best, and asks another where one has no reading.
 */
export function connectGauges(baseUrl: string): Gauges {
  const client = createClient(Tides, createGrpcTransport({ baseUrl }));
  return {
    level: async (harbour, { signal, headers }) => {
      // To read twice does no harm: with a key, a call that broke off with its gauge may be asked again.
      const repeatable = { ...headers, 'idempotency-key': randomUUID() };
      return readingOf(await client.getLevel({ harbour }, { signal, headers: repeatable, timeoutMs: LEVEL_MS }));
    },
    watch: async function* (harbour, { ms, count }, asking) {
      // No deadline: it goes on until the visitor leaves.
      for await (const level of client.watchLevel({ harbour, everyMs: ms, count }, asking)) yield readingOf(level);
    },
  };
}

function readingOf({ harbour, at, metres, rising, gauge }: Level): Reading {
  return { harbour, at: (at ? timestampDate(at) : new Date(0)).toISOString(), metres, rising, gauge };
}
