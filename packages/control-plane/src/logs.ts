import { setTimeout as pause } from 'node:timers/promises';
import { type ComputeDriver, DriverError, type LogRef } from '@islet/driver';
import { unmarked } from '@islet/telemetry';

export interface LogRequest {
  readonly services: readonly string[];
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface LogLine {
  readonly service: string;
  readonly instance: string;
  readonly line: string;
}

/** How soon the log of an instance that has just been started is followed. */
const DISCOVER_MS = 500;
/** Lines that a slow reader may be behind; what comes then is left out, and said to be in its place. */
const QUEUE_LINES = 10_000;

/** The last lines of every instance, then what comes, also of instances that start later. Secrets redacted. */
export async function* readLogs(
  request: LogRequest,
  compute: ComputeDriver,
  redact: (text: string) => string,
): AsyncGenerator<LogLine> {
  const known = await listLogs(request.services, compute);
  for (const log of known) {
    if (request.signal.aborted) return;
    for (const line of await compute.tail(log, request.lines)) yield lineOf(log, redact(line));
  }
  if (request.follow) yield* followAll(known, request, { compute, redact });
}

async function* followAll(
  known: readonly LogRef[],
  { services, signal }: LogRequest,
  { compute, redact }: { compute: ComputeDriver; redact: (text: string) => string },
): AsyncGenerator<LogLine> {
  const queue: LogLine[] = [];
  const followed = new Set<string>();
  let dropped = 0;
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });

  const push = (line: LogLine) => {
    if (queue.length >= QUEUE_LINES) dropped++;
    else queue.push(line);
    wake();
  };
  /** A log that can't be read is said so in its own place, and is no reason to leave the others. */
  const pump = async (log: LogRef, fromStart: boolean) => {
    followed.add(log.instance);
    try {
      const before = fromStart ? await compute.tail(log, QUEUE_LINES) : [];
      for (const line of before) push(lineOf(log, redact(line)));
      for await (const line of compute.follow(log, signal)) push(lineOf(log, redact(line)));
    } catch (error) {
      if (!signal.aborted) push(lineOf(log, `its log can't be read: ${DriverError.from(error).message}`));
    }
  };
  const discover = async () => {
    while (!signal.aborted) {
      const logs = await listLogs(services, compute).catch(() => []);
      for (const log of logs) if (!followed.has(log.instance)) void pump(log, true);
      await pause(DISCOVER_MS, undefined, { signal }).catch(() => undefined);
    }
  };

  for (const log of known) void pump(log, false);
  void discover();
  while (!signal.aborted) {
    const lines = queue.splice(0);
    // They came after these lines, and before all that comes while these are read.
    const missing = dropped;
    dropped = 0;
    yield* lines;
    if (missing > 0) yield leftOut(missing);
    if (queue.length === 0 && !signal.aborted) await new Promise<void>((resume) => (wake = resume));
  }
}

function leftOut(count: number): LogLine {
  return { service: 'islet', instance: 'islet', line: `${count} lines left out: the reader is too slow` };
}

async function listLogs(services: readonly string[], compute: ComputeDriver): Promise<readonly LogRef[]> {
  return (await Promise.all(services.map((service) => compute.logs(service)))).flat();
}

function lineOf({ service, instance }: LogRef, line: string): LogLine {
  return { service, instance, line: unmarked(line) };
}
