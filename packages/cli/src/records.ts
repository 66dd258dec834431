import type { LogLevel, LogRecord } from '@islet/client';
import { ApiError, reconnect } from '@islet/client/remote';
import type { Session } from './session.ts';
import { tail } from './tail.ts';

export interface RecordFilter {
  readonly service?: string | undefined;
  readonly instance?: string | undefined;
  readonly level?: LogLevel | undefined;
  readonly grep?: string | undefined;
  readonly trace?: string | undefined;
}

export interface ShowOptions {
  readonly filter: RecordFilter;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly print: (record: ShownRecord) => void;
  /** Something that whoever reads should know of. */
  readonly tell: (what: string) => void;
}

export type ShownRecord = Pick<LogRecord, 'service' | 'instance' | 'text'> & Partial<LogRecord>;

const AWAY_TIMEOUT_MS = 30_000;
/** Enough to know again what came both by the question and by following. */
const REMEMBERED = 10_000;

/** From the store; where that is down, from the log files. */
export async function showRecords(session: Session, options: ShowOptions): Promise<void> {
  try {
    await fromStore(session, options);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'unavailable')) throw error;
    await fromFiles(session, options, error);
  }
}

async function fromStore({ client: first, system }: Session, options: ShowOptions): Promise<void> {
  const { filter, from, to, lines, follow, signal, tell } = options;
  const printed = new Set<string>();
  const print = (record: LogRecord) => {
    if (printed.has(record.id)) return;
    if (printed.size >= REMEMBERED) printed.clear();
    printed.add(record.id);
    options.print(record);
  };
  if (lines > 0) {
    const { logs, gaps } = await first.logRecords({ ...filter, from, to, limit: lines }, { signal });
    for (const { from: gapFrom, to: gapTo, why } of gaps)
      tell(`nothing is known from ${iso(gapFrom)} to ${iso(gapTo)}: ${why}`);
    for (const record of logs.toReversed()) print(record);
  }
  let client = first;
  let since = Date.now();
  while (follow) {
    try {
      const stream = client.tailLogRecords(filter, { signal });
      // What came between the question and the stream is asked for once more: nothing is missed, and nothing printed twice.
      const { logs } = await client.logRecords({ ...filter, from: since - OVERLAP_MS, limit: OVERLAP }, { signal });
      for (const record of logs.toReversed()) if (record.at >= since) print(record);
      for await (const record of stream) print(record);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'unavailable')) throw error;
    }
    signal.throwIfAborted();
    since = Date.now();
    ({ client } = await reconnect(system.stateFolder, signal, AWAY_TIMEOUT_MS));
  }
}

const OVERLAP_MS = 5_000;
const OVERLAP = 1_000;

async function fromFiles(session: Session, options: ShowOptions, reason: ApiError): Promise<void> {
  const { filter, from, to, lines, follow, signal, print, tell } = options;
  const unkept = Object.entries({ level: filter.level, trace: filter.trace, since: from, until: to })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name}`);
  if (unkept.length > 0) {
    throw new ApiError('unavailable', `log files know nothing of ${unkept.join(', ')}, and the store is down`, {
      hint: reason.message,
    });
  }
  tell('The telemetry store is down; these are the log files');
  const holds = grepper(filter.grep);
  await tail(session, {
    service: filter.service,
    lines,
    follow,
    signal,
    print: ({ service, instance, line }) => {
      if (filter.instance !== undefined && filter.instance !== instance) return;
      if (holds(line)) print({ service, instance, text: line });
    },
    onGap: () => tell('The control plane was away and is back; lines of the meantime are missing here'),
  });
}

/** As the store understands it. */
function grepper(grep: string | undefined): (line: string) => boolean {
  if (grep === undefined) return () => true;
  const [, pattern] = /^\/(.+)\/$/.exec(grep) ?? [];
  if (pattern !== undefined) {
    const expression = new RegExp(pattern);
    return (line) => expression.test(line);
  }
  const wanted = grep.toLowerCase();
  return (line) => line.toLowerCase().includes(wanted);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
