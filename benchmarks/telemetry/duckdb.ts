import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { LogRow, SpanRow } from '@islet/telemetry/measure';
import { run } from '../support/program.ts';
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

const VERSION = '1.5.6-r.1';
const INSTALL_MS = 180_000;

/** What is used of `@duckdb/node-api`. */
interface Api {
  readonly version: () => string;
  readonly DuckDBInstance: {
    create(path: string, options: Readonly<Record<string, string>>): Promise<Instance>;
  };
}
interface Instance {
  connect(): Promise<Connection>;
  closeSync(): void;
}
interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string, values?: readonly (string | number)[]): Promise<{ getRows(): readonly unknown[] }>;
  createAppender(table: string): Promise<Appender>;
  closeSync(): void;
}
interface Appender {
  appendVarchar(value: string): void;
  appendDouble(value: number): void;
  appendInteger(value: number): void;
  endRow(): void;
  closeSync(): void;
}

/** A store of columns in one file, on one thread, filled by its appender; it needs no index to find by time. */
export class DuckDbStore implements Baseline, Disposable {
  readonly name: string;
  readonly #path: string;
  readonly #instance: Instance;
  readonly #connection: Connection;

  private constructor(
    path: string,
    name: string,
    { instance, connection }: { instance: Instance; connection: Connection },
  ) {
    this.#path = path;
    this.name = name;
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(path: string, api: Api): Promise<DuckDbStore> {
    const instance = await api.DuckDBInstance.create(path, { threads: '1' });
    const connection = await instance.connect();
    await connection.run(LOGS_TABLE);
    await connection.run(SPANS_TABLE);
    return new DuckDbStore(path, `DuckDB ${api.version()}`, { instance, connection });
  }

  addLogs(rows: readonly LogRow[]): Promise<void> {
    return this.#append('logs', rows.map(logValues));
  }

  addSpans(rows: readonly SpanRow[]): Promise<void> {
    return this.#append('spans', rows.map(spanValues));
  }

  async findLogs({ service, from, to, level, text }: LogQuestion): Promise<number> {
    return (await this.rows(FIND_LOGS, [service, from, to, level, `%${text}%`])).length;
  }

  async findTrace(trace: string): Promise<number> {
    return (await this.rows(FIND_TRACE, [trace])).length;
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  async rows(sql: string, values: readonly (string | number)[]): Promise<readonly unknown[]> {
    return (await this.#connection.runAndReadAll(sql, values)).getRows();
  }

  async bytes(): Promise<number> {
    await this.#connection.run('CHECKPOINT');
    return statSync(this.#path).size;
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #append(table: string, rows: readonly (readonly (string | number)[])[]): Promise<void> {
    const appender = await this.#connection.createAppender(table);
    for (const row of rows) {
      for (const [index, value] of row.entries()) {
        if (typeof value === 'string') appender.appendVarchar(value);
        else if (table === 'logs' && index === LEVEL_COLUMN) appender.appendInteger(value);
        else appender.appendDouble(value);
      }
      appender.endRow();
    }
    appender.closeSync();
  }
}

/** Of the table of logs, the one whose numbers are whole. */
const LEVEL_COLUMN = 3;

/** Installs it from npm into that folder. */
export async function installDuckDb(folder: string, signal: AbortSignal): Promise<Api> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const argv = ['npm', 'install', ...flags, `@duckdb/node-api@${VERSION}`];
  await run({ argv, cwd: folder, env: process.env, deadlineMs: INSTALL_MS, signal });
  return createRequire(join(folder, 'package.json'))('@duckdb/node-api') as Api;
}
