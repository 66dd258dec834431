import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Alert, Notice, OutcomePoint, OutcomeSeries } from '@islet/policy';
import { inTransaction } from '../store/database.ts';
import type { Reading } from './objectives.ts';

/**
 * What is known of objectives and alerts, in a file of its own: it is written each minute, which the control plane's memory
 * should not be, and its loss would be a loss of history alone.
 */
export interface AlertStore {
  series(service: string, key: string): OutcomeSeries;
  /** What the counters said when the series were written last. */
  readings(): Readonly<Record<string, Reading>>;
  /** New points, and those that are no longer needed, with the readings that they are up to. */
  keep(changes: readonly SeriesChange[], readings: Readonly<Record<string, Reading>>): void;
  open(): readonly Alert[];
  /** Newest first. */
  list(limit: number): readonly Alert[];
  find(id: string): Alert | undefined;
  /** All of it or nothing: an alert is never kept without the notices that are owed for it. */
  record(alerts: readonly Alert[], deliveries: readonly Delivery[]): void;
  deliveries(): readonly Delivery[];
  delivered(id: number): void;
  postpone(id: number, next: { readonly attempts: number; readonly nextAt: number }): void;
  close(): void;
}

export interface SeriesChange {
  readonly service: string;
  readonly key: string;
  readonly added: readonly OutcomePoint[];
  readonly removed: readonly OutcomePoint[];
}

/** A notice that a receiver is owed. */
export interface Delivery {
  /** Undefined: not kept yet. */
  readonly id?: number;
  readonly receiver: string;
  readonly notice: Notice;
  readonly at: number;
  readonly attempts: number;
  readonly nextAt: number;
}

/** Alerts that are over and still listed. */
const KEPT_ALERTS = 1_000;

const SCHEMA = [
  `
  CREATE TABLE points (
    service TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL, good REAL NOT NULL, bad REAL NOT NULL,
    PRIMARY KEY (service, key, at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE readings (id INTEGER PRIMARY KEY CHECK (id = 0), document TEXT NOT NULL) STRICT;
  CREATE TABLE alerts (id TEXT PRIMARY KEY, since REAL NOT NULL, open INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, notice TEXT NOT NULL, at REAL NOT NULL, attempts INTEGER NOT NULL,
    next_at REAL NOT NULL
  ) STRICT;
  `,
] as const;

export function openAlertStore(path: string): AlertStore {
  const database = new DatabaseSync(path);
  if (path !== ':memory:') chmodSync(path, 0o600);
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;');
  migrate(database, path);
  const points = database.prepare('SELECT at, good, bad FROM points WHERE service = ? AND key = ? ORDER BY at');
  const addPoint = database.prepare(
    'INSERT OR REPLACE INTO points (service, key, at, good, bad) VALUES (?, ?, ?, ?, ?)',
  );
  const dropPoint = database.prepare('DELETE FROM points WHERE service = ? AND key = ? AND at = ?');
  const readings = database.prepare('SELECT document FROM readings');
  const putReadings = database.prepare('INSERT OR REPLACE INTO readings (id, document) VALUES (0, ?)');
  const open = database.prepare('SELECT document FROM alerts WHERE open = 1 ORDER BY since');
  const newest = database.prepare('SELECT document FROM alerts ORDER BY open DESC, since DESC LIMIT ?');
  const find = database.prepare('SELECT document FROM alerts WHERE id = ?');
  const putAlert = database.prepare('INSERT OR REPLACE INTO alerts (id, since, open, document) VALUES (?, ?, ?, ?)');
  const prune = database.prepare(
    'DELETE FROM alerts WHERE open = 0 AND id NOT IN (SELECT id FROM alerts ORDER BY since DESC LIMIT ?)',
  );
  const owe = database.prepare(
    'INSERT INTO deliveries (receiver, notice, at, attempts, next_at) VALUES (?, ?, ?, ?, ?)',
  );
  const owed = database.prepare('SELECT * FROM deliveries ORDER BY id');
  const settle = database.prepare('DELETE FROM deliveries WHERE id = ?');
  const postpone = database.prepare('UPDATE deliveries SET attempts = ?, next_at = ? WHERE id = ?');
  const alertsOf = (rows: unknown) =>
    (rows as { document: string }[]).map(({ document }) => JSON.parse(document) as Alert);

  return {
    series: (service, key) => (points.all(service, key) as unknown as OutcomePoint[]).map((row) => ({ ...row })),
    readings: () => {
      const row = readings.get() as { document: string } | undefined;
      return row === undefined ? {} : JSON.parse(row.document);
    },
    keep: (changes, read) =>
      inTransaction(database, () => {
        for (const { service, key, added, removed } of changes) {
          for (const { at } of removed) dropPoint.run(service, key, at);
          for (const { at, good, bad } of added) addPoint.run(service, key, at, good, bad);
        }
        putReadings.run(JSON.stringify(read));
      }),
    open: () => alertsOf(open.all()),
    list: (limit) => alertsOf(newest.all(limit)),
    find: (id) => alertsOf(find.all(id))[0],
    record: (alerts, deliveries) =>
      inTransaction(database, () => {
        for (const alert of alerts)
          putAlert.run(alert.id, alert.since, Number(alert.state.kind !== 'resolved'), JSON.stringify(alert));
        for (const { receiver, notice, at, attempts, nextAt } of deliveries)
          owe.run(receiver, JSON.stringify(notice), at, attempts, nextAt);
        prune.run(KEPT_ALERTS);
      }),
    deliveries: () =>
      (owed.all() as unknown as OwedRow[]).map(({ notice, next_at: nextAt, ...row }) => ({
        ...row,
        nextAt,
        notice: JSON.parse(notice) as Notice,
      })),
    delivered: (id) => void settle.run(id),
    postpone: (id, { attempts, nextAt }) => void postpone.run(attempts, nextAt, id),
    close: () => database.close(),
  };
}

interface OwedRow {
  readonly id: number;
  readonly receiver: string;
  readonly notice: string;
  readonly at: number;
  readonly attempts: number;
  readonly next_at: number;
}

function migrate(database: DatabaseSync, path: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > SCHEMA.length) {
    throw new Error(`${path} was written by a newer Islet: use that version, or another --state folder`);
  }
  for (const [index, statements] of SCHEMA.entries()) {
    if (index < version) continue;
    inTransaction(database, () => database.exec(`${statements} PRAGMA user_version = ${index + 1};`));
  }
}
