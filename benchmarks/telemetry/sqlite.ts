import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LogRow, SpanRow } from '@islet/telemetry/measure';

/** The baseline: the same rows in one SQLite table each, with the indexes that the same questions need. */
export class SqliteStore implements Disposable {
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE logs (at REAL, service TEXT, instance TEXT, level INTEGER, text TEXT, trace TEXT, attributes TEXT);
      CREATE INDEX logs_at ON logs (service, at); CREATE INDEX logs_trace ON logs (trace) WHERE trace <> '';
      CREATE TABLE spans (trace TEXT, span TEXT, parent TEXT, service TEXT, name TEXT, at REAL, endAt REAL, status TEXT, attributes TEXT);
      CREATE INDEX spans_trace ON spans (trace); CREATE INDEX spans_at ON spans (service, at);`);
  }

  addLogs(rows: readonly LogRow[]): void {
    const insert = this.#database.prepare('INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#inTransaction(() => {
      for (const { at, service, instance, level, text, trace, attributes } of rows) {
        insert.run(at, service, instance, level === 'error' ? 5 : 3, text, trace, attributes);
      }
    });
  }

  addSpans(rows: readonly SpanRow[]): void {
    const insert = this.#database.prepare('INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#inTransaction(() => {
      for (const { trace, span, parent, service, name, at, endAt, status, attributes } of rows) {
        insert.run(trace, span, parent, service, name, at, endAt, status, attributes);
      }
    });
  }

  /** The newest 200 of a service in a stretch of time, of a level and with a text. */
  findLogs({
    service,
    from,
    to,
    level,
    text,
  }: {
    service: string;
    from: number;
    to: number;
    level: number;
    text: string;
  }): number {
    const where = 'service = ? AND at BETWEEN ? AND ? AND level >= ? AND text LIKE ?';
    const found = this.#database.prepare(`SELECT * FROM logs WHERE ${where} ORDER BY at DESC LIMIT 200`);
    return found.all(service, from, to, level, `%${text}%`).length;
  }

  findTrace(trace: string): number {
    return this.#database.prepare('SELECT * FROM logs WHERE trace = ?').all(trace).length;
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
