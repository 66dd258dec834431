import type { LogRow, SpanRow } from '@islet/telemetry/measure';

export interface LogQuestion {
  readonly service: string;
  readonly from: number;
  readonly to: number;
  /** At least; 0: any. */
  readonly level: number;
  /** Empty: any. */
  readonly text: string;
}

/** What could have been taken instead: a table each, with what the same questions need. Its calls may be awaited or not. */
export interface Baseline {
  /** With its version. */
  readonly name: string;
  addLogs(rows: readonly LogRow[]): Promise<void> | void;
  addSpans(rows: readonly SpanRow[]): Promise<void> | void;
  /** How many are found: the newest 200 of a service in a stretch of time, of a level and with a text. */
  findLogs(asked: LogQuestion): Promise<number> | number;
  findTrace(trace: string): Promise<number> | number;
  /** On disk, once all is where it stays. */
  bytes(): Promise<number> | number;
}

export const LOGS_TABLE =
  'CREATE TABLE logs ("at" DOUBLE, service TEXT, instance TEXT, level INTEGER, text TEXT, trace TEXT, attributes TEXT)';
export const SPANS_TABLE =
  'CREATE TABLE spans (trace TEXT, span TEXT, parent TEXT, service TEXT, name TEXT, "at" DOUBLE, endAt DOUBLE, status TEXT, attributes TEXT)';

export function logValues({ at, service, instance, level, text, trace, attributes }: LogRow) {
  return [at, service, instance, level === 'error' ? 5 : 3, text, trace, attributes] as const;
}

export function spanValues({ trace, span, parent, service, name, at, endAt, status, attributes }: SpanRow) {
  return [trace, span, parent, service, name, at, endAt, status, attributes] as const;
}

/** The same for both. */
export const FIND_LOGS =
  'SELECT * FROM logs WHERE service = ? AND "at" BETWEEN ? AND ? AND level >= ? AND text LIKE ? ORDER BY "at" DESC LIMIT 200';
export const FIND_TRACE = 'SELECT * FROM logs WHERE trace = ?';
