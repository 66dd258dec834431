import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import {
  findLogs,
  findTrace,
  Identities,
  Intake,
  type LogRow,
  Output,
  type SpanRow,
  Store,
} from '@islet/telemetry/measure';
import type { Benchmark, Context } from './context.ts';
import { type Claim, type Figure, medianFigure } from './measure/claim.ts';
import { percentile } from './measure/statistics.ts';
import { idOf, logLine, SERVICES, spanMessage } from './telemetry/made-up.ts';
import { SqliteStore } from './telemetry/sqlite.ts';

/** What the telemetry store takes in, what it costs, and how soon it answers. */
export const telemetry: Benchmark = { name: 'telemetry', claims };

const SQLITE = 'node:sqlite';
/** Rows of one second; what comes is synced after each. */
const BATCH = 50_000;
const SPANS_IN_MESSAGE = 500;
const KEEP_ALL = {
  ...DEFAULT_TELEMETRY,
  traces: { ...DEFAULT_TELEMETRY.traces, sample: 1_000_000 },
  maxDiskBytes: 2 ** 40,
};

async function* claims({ times, progress }: Context): AsyncIterable<Claim> {
  const folder = mkdtempSync(join(tmpdir(), 'islet-telemetry-bench-'));
  try {
    yield* spans(folder, times(6, 2), progress);
    yield* logs(folder, { batches: times(24, 4), progress });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* spans(folder: string, batches: number, progress: Context['progress']): AsyncIterable<Claim> {
  let now = Date.UTC(2026, 0, 1);
  const { store } = Store.open({ folder: join(folder, 'spans'), now: () => now, policyOf: () => KEEP_ALL });
  using sqlite = new SqliteStore(join(folder, 'spans.db'));
  const identities = new Identities(Buffer.alloc(32));
  const authorization = `Bearer ${identities.tokenOf({ service: 'orders', instance: 'orders-a.0-0', revision: 'a' })}`;
  const taken: SpanRow[] = [];
  const none = () => undefined;
  const sink = { logs: none, metrics: none };
  const intake = new Intake({
    identities,
    now: () => now,
    sink: { ...sink, spans: (_, rows) => store.add('spans', 'orders', rows) },
  });
  const decode = new Intake({
    identities,
    now: () => now,
    sink: { ...sink, spans: (_, rows) => void taken.push(...rows) },
  });
  const [islet, peer]: [number[], number[]] = [[], []];
  for (let batch = 0; batch < batches; batch++) {
    progress(`${BATCH} spans, ${batch + 1} of ${batches}`);
    const messages = Array.from({ length: BATCH / SPANS_IN_MESSAGE }, (_, index) =>
      spanMessage(batch * BATCH + index * SPANS_IN_MESSAGE, SPANS_IN_MESSAGE, now),
    );
    const message = (body: Buffer) =>
      ({ signal: 'traces', encoding: 'json', isGzip: false, body, authorization }) as const;
    islet.push(
      perSecond(BATCH, () => {
        for (const body of messages) intake.take(message(body));
        now += 1_000;
        store.sync({});
        // As if ten seconds had passed: they are decided of, and put into segments.
        now += 310_000;
        store.tend();
      }),
    );
    taken.length = 0;
    peer.push(
      perSecond(BATCH, () => {
        for (const body of messages) decode.take(message(body));
        sqlite.addSpans(taken);
      }),
    );
  }
  yield {
    claim: 'telemetry.spans.ingested',
    unit: 'rows/s of a core',
    better: 'more',
    islet: medianFigure(islet),
    peers: { [SQLITE]: medianFigure(peer) },
    method: `OTLP in JSON (${SPANS_IN_MESSAGE} spans of 8 attributes in a message) decoded, authenticated, logged and synced each second, decided of as whole traces and put into compressed segments; by CPU time of the process. The peer gets the same decoded rows, in one transaction a second, into a table with two indexes; it decides nothing.`,
  };
}

async function* logs(
  folder: string,
  { batches, progress }: { batches: number; progress: Context['progress'] },
): AsyncIterable<Claim> {
  let now = Date.UTC(2026, 0, 1);
  const begin = now;
  const { store } = Store.open({ folder: join(folder, 'logs'), now: () => now, policyOf: () => KEEP_ALL });
  using sqlite = new SqliteStore(join(folder, 'logs.db'));
  const [islet, peer]: [number[], number[]] = [[], []];
  for (let batch = 0; batch < batches; batch++) {
    progress(`${BATCH} log lines, ${batch + 1} of ${batches}`);
    const service = SERVICES[batch % SERVICES.length] ?? '';
    const path = join(folder, `${service}.log`);
    writeFileSync(path, '');
    const output = new Output({ service, instance: `${service}-a.0-0`, revision: 'a' }, path, undefined);
    appendFileSync(path, `${Array.from({ length: BATCH }, (_, index) => logLine(batch * BATCH + index)).join('\n')}\n`);
    const rows: LogRow[] = [];
    const read = perSecondOf(() => {
      for (let quiet = 0; quiet < 3; ) {
        const next = output.read(now);
        for (const row of next.rows) rows.push({ ...row, at: now + rows.length });
        quiet = next.more ? 0 : quiet + 1;
      }
    });
    const stored = perSecondOf(() => {
      store.add('logs', service, rows);
      store.sync({});
      store.tend({ all: true });
    });
    islet.push(BATCH / (read + stored));
    peer.push(BATCH / (read + perSecondOf(() => sqlite.addLogs(rows))));
    now += BATCH;
  }
  const lines = batches * BATCH;
  yield {
    claim: 'telemetry.logs.ingested',
    unit: 'rows/s of a core',
    better: 'more',
    islet: medianFigure(islet),
    peers: { [SQLITE]: medianFigure(peer) },
    method: `Lines of pino in JSON read from the file of an instance, understood, logged and synced each second, and put into compressed segments; by CPU time of the process. The peer gets the same rows, in one transaction a second, into a table with an index by time and one by trace.`,
  };
  yield {
    claim: 'telemetry.logs.bytes',
    unit: 'bytes/line',
    better: 'less',
    islet: one(SERVICES.reduce((sum, service) => sum + store.bytes(service), 0) / lines),
    peers: { [SQLITE]: one(sqlite.bytes() / lines) },
    method: `On disk, of ${lines} lines of about 190 bytes, each with an id that nobody can compress, and one in four with a trace id.`,
  };
  progress(`queries over ${lines} log lines`);
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let number = 0; number < 60; number++) {
    const service = SERVICES[number % SERVICES.length] ?? '';
    const from = begin + ((number * 7919) % 60) * ((now - begin) / 120);
    const stretch = { service, from, to: from + (now - begin) / 2 };
    const trace = idOf('trace', Math.floor(((number * 104_729) % lines) / 4) * 4, 32);
    const asked = [
      {
        mine: () => findLogs(store, { ...stretch }, now),
        theirs: () => sqlite.findLogs({ ...stretch, level: 0, text: '' }),
      },
      {
        mine: () => findLogs(store, { ...stretch, level: 'error' }, now),
        theirs: () => sqlite.findLogs({ ...stretch, level: 5, text: '' }),
      },
      {
        mine: () => findLogs(store, { ...stretch, grep: 'timed out' }, now),
        theirs: () => sqlite.findLogs({ ...stretch, level: 0, text: 'timed out' }),
      },
      { mine: () => findTrace(store, trace, now), theirs: () => sqlite.findTrace(trace) },
    ][number % 4];
    if (asked === undefined) continue;
    mine.push(await took(asked.mine));
    theirs.push(await took(async () => asked.theirs()));
  }
  yield {
    claim: 'telemetry.queries.p95',
    unit: 'ms',
    better: 'less',
    islet: { value: percentile(mine, 95), samples: mine },
    peers: { [SQLITE]: { value: percentile(theirs, 95), samples: theirs } },
    method: `What a dashboard asks, over ${lines} log lines of ${SERVICES.length} services: the newest 200 of a service in half of the time, those of level error, those with a text, and all of one trace; in turn, 60 in all.`,
  };
}

async function took(act: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await act();
  return performance.now() - since;
}

function one(value: number): Figure {
  return { value, samples: [value] };
}

/** Seconds of CPU. */
function perSecondOf(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function perSecond(rows: number, act: () => void): number {
  return rows / perSecondOf(act);
}
