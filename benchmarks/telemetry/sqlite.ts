import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LogRow, SpanRow } from '@islet/telemetry/measure';
import {
  type Baseline,
  FIND_LOGS,
  FIND_TRACE,
  LOGS_TABLE,
  type LogQuestion,
  logValues,
  SPANS_TABLE,
  spanValues,
} from './baseline.ts';

/** One row at a time, in a transaction a second, with the indexes that the questions need. */
export class SqliteStore implements Baseline, Disposable {
  readonly name = `node:sqlite ${process.versions.sqlite}`;
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      ${LOGS_TABLE};
      CREATE INDEX logs_at ON logs (service, at); CREATE INDEX logs_trace ON logs (trace) WHERE trace <> '';
      ${SPANS_TABLE};
      CREATE INDEX spans_trace ON spans (trace); CREATE INDEX spans_at ON spans (service, at);`);
  }

  addLogs(rows: readonly LogRow[]): void {
    const insert = this.#database.prepare('INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#inTransaction(() => {
      for (const row of rows) insert.run(...logValues(row));
    });
  }

  addSpans(rows: readonly SpanRow[]): void {
    const insert = this.#database.prepare('INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#inTransaction(() => {
      for (const row of rows) insert.run(...spanValues(row));
    });
  }

  findLogs({ service, from, to, level, text }: LogQuestion): number {
    return this.#database.prepare(FIND_LOGS).all(service, from, to, level, `%${text}%`).length;
  }

  findTrace(trace: string): number {
    return this.#database.prepare(FIND_TRACE).all(trace).length;
  }

  bytes(): number {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return statSync(this.#path).size;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #inTransaction(act: () => void): void {
    this.#database.exec('BEGIN');
    act();
    this.#database.exec('COMMIT');
  }
}
