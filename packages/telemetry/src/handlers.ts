import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, type ForwardStatus, type LiveUpdate, type LogRecord, type TelemetryStatus } from '@islet/client';
import type { Input } from '@islet/client/remote';
import type { ErrorBook } from '@islet/errors';
import type { TelemetrySpec } from '@islet/spec';
import { errorHandlers } from './errors/answer.ts';
import { edgesAt, overviewOf } from './query/activity.ts';
import { findLogs, logRecord, rowFilter } from './query/logs.ts';
import { metricNames, queryMetrics } from './query/metrics.ts';
import { findTrace, findTraces } from './query/traces.ts';
import type { TelemetryHandlers } from './serve/api.ts';
import type { Store } from './store/store.ts';
import type { Taken } from './taken.ts';

export interface HandlerParts {
  readonly store: Store;
  readonly taken: Taken;
  readonly now: () => number;
  readonly policyOf: (service: string) => TelemetrySpec;
  readonly startedAt: number;
  readonly book: ErrorBook;
  readonly otlp: () => TelemetryStatus['otlp'];
  readonly forward: () => readonly ForwardStatus[];
  /** What is wrong besides the disk, each a sentence. */
  readonly problems: () => readonly string[];
}

const WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 24 * 60 * 60 * 1000;
const LIVE_MS = 1_000;
/** Records that wait for a reader who is slow; what comes beyond it is left out, and said to be. */
const QUEUE = 10_000;
const STATUS_GAPS_MS = 7 * 24 * 60 * 60 * 1000;

/** What the telemetry process answers. */
export function telemetryHandlers(parts: HandlerParts): TelemetryHandlers {
  const { store, taken, now, policyOf } = parts;
  return {
    traces: (asked) => findTraces(store, asked ?? {}, { now: now(), slowMs: (name) => policyOf(name).traces.slowMs }),
    trace: async ({ trace }) => {
      const found = await findTrace(store, trace.toLowerCase(), now());
      if (found.spans.length > 0 || found.logs.length > 0) return found;
      throw new ApiError('not-found', `there is no trace ${trace}`, {
        hint: 'errors, slow traces and decisions are kept, and samples of the rest (telemetry.traces); old ones go',
      });
    },
    logRecords: (asked) => findLogs(store, asked ?? {}, now()),
    tailLogRecords: (asked, signal) => tail(taken, asked ?? {}, signal),
    metrics: (asked) => queryMetrics(store, asked, now()),
    metricNames: (asked) => metricNames(store, asked ?? {}, now()),
    edges: (asked) => {
      const window = windowOf(asked, now());
      return { at: window.at, edges: edgesAt(store, window, now()) };
    },
    overview: (asked) => overviewOf(store, windowOf(asked, now()), now()),
    ...errorHandlers(parts),
    telemetryStatus: () => statusOf(parts),
    live: (asked, signal) => live(parts, asked ?? {}, signal),
  };
}

function windowOf(asked: { readonly at?: unknown; readonly windowMs?: unknown } | undefined, now: number) {
  const windowMs = Math.min(LONGEST_WINDOW_MS, Math.max(10_000, Number(asked?.windowMs ?? WINDOW_MS)));
  return { at: Number(asked?.at ?? now), windowMs };
}

function statusOf({ store, taken, now, policyOf, startedAt, otlp, forward, problems }: HandlerParts): TelemetryStatus {
  const oldest = store.oldest();
  const where = otlp();
  return {
    pid: process.pid,
    startedAt,
    bytes: store.bytes(),
    ...(oldest !== undefined && { oldest }),
    services: store.services.map((service) => {
      const own = store.oldest(service);
      const { maxDiskBytes } = policyOf(service);
      return {
        service,
        bytes: store.bytes(service),
        maxBytes: maxDiskBytes,
        ...(own !== undefined && { oldest: own }),
      };
    }),
    rates: taken.rates(),
    dropped: { ...store.dropped },
    gaps: store.gaps.between(now() - STATUS_GAPS_MS, now()),
    ...(where !== undefined && { otlp: where }),
    forward: [...forward()],
    problems: [...(store.problem === undefined ? [] : [store.problem]), ...problems()],
  };
}

async function* tail(taken: Taken, asked: Input<'tailLogRecords'>, signal: AbortSignal): AsyncGenerator<LogRecord> {
  const isWanted = rowFilter(asked);
  const queue: LogRecord[] = [];
  let left = 0;
  let wake = () => {};
  using _ = taken.listen({
    logs: (rows, first) => {
      for (const [index, row] of rows.entries()) {
        if (!isWanted(row)) continue;
        if (queue.length >= QUEUE) left++;
        else queue.push(logRecord({ row, at: row.at, number: first + index }));
      }
      wake();
    },
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  while (!signal.aborted) {
    yield* queue.splice(0);
    if (left > 0) yield leftOut(left);
    left = 0;
    if (queue.length === 0 && !signal.aborted) await new Promise<void>((resume) => (wake = resume));
  }
}

function leftOut(count: number): LogRecord {
  const at = Date.now();
  const text = `${count} records left out: the reader is too slow`;
  return { id: `left-out-${at}`, at, service: 'islet', instance: 'telemetry', stream: 'output', level: 'warn', text };
}

/** Again only what has changed. */
async function* live(
  { store, now }: HandlerParts,
  { kinds = 'overview,edges', windowMs }: Exclude<Input<'live'>, undefined>,
  signal: AbortSignal,
): AsyncGenerator<LiveUpdate> {
  const wanted = kinds.split(',');
  const told = new Map<string, string>();
  while (!signal.aborted) {
    const window = windowOf({ windowMs }, now());
    const updates: LiveUpdate[] = [];
    if (wanted.includes('overview'))
      updates.push({ kind: 'overview', at: window.at, services: overviewOf(store, window, window.at) });
    if (wanted.includes('edges'))
      updates.push({ kind: 'edges', at: window.at, edges: edgesAt(store, window, window.at) });
    for (const update of updates) {
      const { at: _, ...content } = update;
      const text = JSON.stringify(content);
      if (told.get(update.kind) === text) continue;
      told.set(update.kind, text);
      yield update;
    }
    await pause(LIVE_MS, undefined, { signal }).catch(() => undefined);
  }
}
