import type { DataDriver, StoreConnection, StoreRequest } from '../data.ts';

/** A data driver, and the little that its contract doesn't say. */
export interface DataHarness {
  readonly driver: DataDriver;
  /** What to provision for a service: for engines that Islet runs, its name alone. */
  request(service: string): Promise<StoreRequest>;
  /** Runs SQL as the service would, with what `connection` says. */
  query(service: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The same, with what `connection` said at some time; undefined: there are no credentials to renew. */
  readonly queryWith?: (
    connection: StoreConnection,
    sql: string,
  ) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Closes the driver and removes all that the harness made. Every store is purged by then. */
  close(): Promise<void>;
}

/** Rows without the prototype that a database's client gave them. */
export function plain(rows: readonly Readonly<Record<string, unknown>>[]): readonly Record<string, unknown>[] {
  return rows.map((row) => ({ ...row }));
}
