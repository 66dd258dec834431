import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import {
  encodeSpans,
  findLogs,
  findTrace,
  Identities,
  Intake,
  type LogRow,
  Output,
  type SpanRow,
  Store,
} from '@islet/telemetry/measure';
import type { Context } from '../context.ts';
import { type Claim, type Figure, medianFigure } from '../measure/claim.ts';
import { percentile } from '../measure/statistics.ts';
import type { Baseline } from './baseline.ts';
import { cpuSeconds } from './cpu.ts';
import { idOf, logLine, SERVICES, spanMessage } from './made-up.ts';

/** Rows of one second; what comes is synced after each. */
const BATCH = 50_000;
const SPANS_IN_MESSAGE = 500;
const KEEP_ALL = {
  ...DEFAULT_TELEMETRY,
  traces: { ...DEFAULT_TELEMETRY.traces, sample: 1_000_000 },
  maxDiskBytes: 2 ** 40,
};

export interface IngestParts {
  readonly folder: string;
  readonly context: Context;
  readonly baselines: readonly Baseline[];
}

export async function* spansIn({ folder, context, baselines }: IngestParts): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  const batches = times(6, 2);
  let now = Date.UTC(2026, 0, 1);
  const { store } = Store.open({ folder: join(folder, 'spans'), now: () => now, policyOf: () => KEEP_ALL });
  const identities = new Identities(Buffer.alloc(32));
  const authorization = `Bearer ${identities.tokenOf({ service: 'orders', instance: 'orders-a.0-0', revision: 'a' })}`;
  const taken: SpanRow[] = [];
  const none = () => undefined;
  const sink = { logs: none, metrics: none };
  const intakeTo = (spans: (rows: readonly SpanRow[]) => void) =>
    new Intake({ identities, now: () => now, sink: { ...sink, spans: (_, rows) => spans(rows) } });
  const intake = intakeTo((rows) => store.add('spans', 'orders', rows));
  const decode = intakeTo((rows) => taken.push(...rows));
  const islet: number[] = [];
  const inProtobuf: number[] = [];
  const theirs = new Map(baselines.map(({ name }) => [name, [] as number[]]));
  for (let batch = 0; batch < batches; batch++) {
    signal.throwIfAborted();
    progress(`${BATCH} spans, ${batch + 1} of ${batches}`);
    const messages = Array.from({ length: BATCH / SPANS_IN_MESSAGE }, (_, index) =>
      spanMessage(batch * BATCH + index * SPANS_IN_MESSAGE, SPANS_IN_MESSAGE, now),
    );
    const message = (body: Uint8Array, encoding: 'json' | 'protobuf' = 'json') =>
      ({ signal: 'traces', encoding, isGzip: false, body: Buffer.from(body), authorization }) as const;
    const takeAll = (bodies: readonly ReturnType<typeof message>[]) =>
      cpuSeconds(() => {
        for (const one of bodies) intake.take(one);
        now += 1_000;
        store.sync({});
        // As if ten seconds had passed: they are decided of, and put into segments.
        now += 310_000;
        store.tend();
      });
    const asTold = messages.map((body) => message(body));
    taken.length = 0;
    for (const one of asTold) decode.take(one);
    const parts = Array.from({ length: BATCH / SPANS_IN_MESSAGE }, (_, index) =>
      taken.slice(index * SPANS_IN_MESSAGE, (index + 1) * SPANS_IN_MESSAGE),
    );
    // Other traces, or they would be spans that come late to those of the first.
    const others = parts.map((rows) =>
      rows.map((row) => ({ ...row, trace: row.trace.split('').toReversed().join('') })),
    );
    const binary = others.map((rows) =>
      message(
        encodeSpans(rows, 'bench', (text) => text),
        'protobuf',
      ),
    );
    islet.push(BATCH / (await takeAll(asTold)));
    inProtobuf.push(BATCH / (await takeAll(binary)));
    for (const baseline of baselines) {
      taken.length = 0;
      const seconds = await cpuSeconds(async () => {
        for (const body of messages) decode.take(message(body));
        await baseline.addSpans(taken);
      });
      theirs.get(baseline.name)?.push(BATCH / seconds);
    }
  }
  yield {
    claim: 'telemetry.spans.ingested',
    unit: 'rows/s of a core',
    better: 'more',
    islet: medianFigure(islet),
    peers: medians(theirs),
    method: `OTLP in JSON (${SPANS_IN_MESSAGE} spans of 8 attributes in a message) decoded, authenticated, logged and synced each second, decided of as whole traces and put into compressed segments; by CPU time of the process. The peers get the same decoded rows, in one transaction a second: SQLite into a table with two indexes, DuckDB by its appender; they decide nothing.`,
  };
  yield {
    claim: 'telemetry.spans.protobuf',
    unit: 'rows/s of a core',
    better: 'more',
    islet: medianFigure(inProtobuf),
    peers: { 'OTLP in JSON': medianFigure(islet) },
    method: 'The same in protobuf, which stock agents send unless they are told otherwise; in turns with JSON.',
  };
}

export async function* logsIn({ folder, context, baselines }: IngestParts): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  const batches = times(24, 4);
  let now = Date.UTC(2026, 0, 1);
  const begin = now;
  const { store } = Store.open({ folder: join(folder, 'logs'), now: () => now, policyOf: () => KEEP_ALL });
  const islet: number[] = [];
  const theirs = new Map(baselines.map(({ name }) => [name, [] as number[]]));
  for (let batch = 0; batch < batches; batch++) {
    signal.throwIfAborted();
    progress(`${BATCH} log lines, ${batch + 1} of ${batches}`);
    const service = SERVICES[batch % SERVICES.length] ?? '';
    const path = join(folder, `${service}.log`);
    writeFileSync(path, '');
    const output = new Output({ service, instance: `${service}-a.0-0`, revision: 'a' }, path, undefined);
    appendFileSync(path, `${Array.from({ length: BATCH }, (_, index) => logLine(batch * BATCH + index)).join('\n')}\n`);
    const rows: LogRow[] = [];
    const read = await cpuSeconds(() => {
      for (let quiet = 0; quiet < 3; ) {
        const next = output.read(now);
        for (const row of next.rows) rows.push({ ...row, at: now + rows.length });
        quiet = next.more ? 0 : quiet + 1;
      }
    });
    const stored = await cpuSeconds(() => {
      store.add('logs', service, rows);
      store.sync({});
      store.tend({ all: true });
    });
    islet.push(BATCH / (read + stored));
    for (const baseline of baselines) {
      const added = await cpuSeconds(() => baseline.addLogs(rows));
      theirs.get(baseline.name)?.push(BATCH / (read + added));
    }
    now += BATCH;
  }
  const lines = batches * BATCH;
  yield {
    claim: 'telemetry.logs.ingested',
    unit: 'rows/s of a core',
    better: 'more',
    islet: medianFigure(islet),
    peers: medians(theirs),
    method: `Lines of pino in JSON read from the file of an instance, understood, logged and synced each second, and put into compressed segments; by CPU time of the process. The peers get the same rows, in one transaction a second: SQLite into a table with an index by time and one by trace, DuckDB by its appender.`,
  };
  yield {
    claim: 'telemetry.logs.bytes',
    unit: 'bytes/line',
    better: 'less',
    islet: one(SERVICES.reduce((sum, service) => sum + store.bytes(service), 0) / lines),
    peers: Object.fromEntries(
      await Promise.all(
        baselines.map(async (baseline) => [baseline.name, one((await baseline.bytes()) / lines)] as const),
      ),
    ),
    method: `On disk, of ${lines} lines of about 190 bytes, each with an id that nobody can compress, and one in four with a trace id.`,
  };
  progress(`the same questions to all, over ${lines} log lines`);
  yield* questions({ store, baselines, lines, begin, now });
}

interface Asked {
  readonly store: Store;
  readonly baselines: readonly Baseline[];
  readonly lines: number;
  readonly begin: number;
  readonly now: number;
}

async function* questions({ store, baselines, lines, begin, now }: Asked): AsyncIterable<Claim> {
  const islet: number[] = [];
  const theirs = new Map(baselines.map(({ name }) => [name, [] as number[]]));
  const ask = async (mine: () => Promise<unknown>, other: (baseline: Baseline) => Promise<unknown> | unknown) => {
    islet.push(await took(mine));
    for (const baseline of baselines) theirs.get(baseline.name)?.push(await took(async () => other(baseline)));
  };
  for (let round = 0; round < 15; round++) {
    const service = SERVICES[round % SERVICES.length] ?? '';
    const from = begin + ((round * 7919) % 60) * ((now - begin) / 120);
    const stretch = { service, from, to: from + (now - begin) / 2 };
    const trace = idOf('trace', Math.floor(((round * 104_729) % lines) / 4) * 4, 32);
    const any = { ...stretch, level: 0, text: '' };
    await ask(
      () => findLogs(store, { ...stretch }, now),
      (baseline) => baseline.findLogs(any),
    );
    await ask(
      () => findLogs(store, { ...stretch, level: 'error' }, now),
      (baseline) => baseline.findLogs({ ...any, level: 5 }),
    );
    await ask(
      () => findLogs(store, { ...stretch, grep: 'timed out' }, now),
      (baseline) => baseline.findLogs({ ...any, text: 'timed out' }),
    );
    await ask(
      () => findTrace(store, trace, now),
      (baseline) => baseline.findTrace(trace),
    );
  }
  yield {
    claim: 'telemetry.logs.found',
    unit: 'ms',
    better: 'less',
    islet: { value: percentile(islet, 95), samples: islet },
    peers: Object.fromEntries(
      [...theirs].map(([name, samples]) => [name, { value: percentile(samples, 95), samples }]),
    ),
    method: `The 95th percentile of four questions, in turn, over ${lines} log lines of ${SERVICES.length} services: the newest 200 of a service in half of the time, those of level error, those with a text, and all of one trace; ${islet.length} in all.`,
  };
}

async function took(act: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await act();
  return performance.now() - since;
}

function medians(samples: ReadonlyMap<string, readonly number[]>): Readonly<Record<string, Figure>> {
  return Object.fromEntries([...samples].map(([name, of]) => [name, medianFigure(of)]));
}

function one(value: number): Figure {
  return { value, samples: [value] };
}
