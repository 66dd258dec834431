import type { StoreBackups } from './backups.ts';
import type { CallOptions } from './compute.ts';
import type { DriverError } from './errors.ts';
import type { StoreMeasures } from './measures.ts';
import type { StoreShell } from './shell.ts';
import type { StoreMetrics } from './store-metrics.ts';

export type Engine = 'postgres' | 'mariadb' | 'sqlite' | 'redis' | 'files' | 'external';

/** Keeps the store of each service that declares one with this driver's engine. Every call is idempotent. */
export interface DataDriver {
  readonly engine: Engine;
  /** Makes the store and its credentials, and starts its server; returns when it can be used. */
  provision(request: StoreRequest, options: CallOptions): Promise<void>;
  /** Applies the migrations that are not yet recorded, in order, each in a transaction. */
  migrate(request: MigrateRequest, options: CallOptions): Promise<MigrateOutcome>;
  /** What `migrate` would do now, and what of it would make others wait or fail. Changes nothing. */
  previewMigrations(request: MigrateRequest, options: CallOptions): Promise<MigrationPreview>;
  /** How the service reaches its store. Throws a `DriverError` before `provision`. */
  connection(request: { readonly service: string }): Promise<StoreConnection>;
  /** Stops the server; the data stays. */
  stop(request: { readonly service: string }, options: CallOptions): Promise<void>;
  /** Deletes the data for good. Refuses while the server runs. */
  purge(request: { readonly service: string }, options: CallOptions): Promise<void>;
  /** Why this machine can't run it as it is asked for, with the remedy; undefined: it can. Changes nothing. */
  missing?(request: ServerWish, options: CallOptions): Promise<string | undefined>;
  /** Why the data that is there can't be what is asked for now, with the remedy; undefined: it can. Changes nothing. */
  refusal?(request: ServerWish): Promise<DriverError | undefined>;
  /** How its passwords are renewed; undefined: they are not Islet's to give. */
  readonly credentials?: StoreCredentials;
  /** By which services are let in, so that no output shows them; undefined: there are none of Islet's. */
  readonly passwords?: StorePasswords;
  /** What a running store says of itself; undefined: nothing. Throws `unavailable` where it does not run. */
  measure?(request: { readonly service: string }, options: CallOptions): Promise<StoreMeasures>;
  /** What a running store has counted, cheap enough to be asked every few seconds; undefined: nobody counts. */
  metrics?(request: { readonly service: string }, options: CallOptions): Promise<StoreMetrics>;
  observe(): Promise<Readonly<Record<string, StoreObservation>>>;
  watch(onChange: () => void): Disposable;
  close(): Promise<void>;
  /** How a person looks into a store; undefined: by the engine's own tools. */
  readonly shell?: StoreShell;
  /** How a store of one version becomes one of another; undefined: it doesn't. */
  readonly upgrade?: StoreUpgrade;
  /** How its stores are copied and brought back; undefined: whoever runs them outside of Islet has to. */
  readonly backups?: StoreBackups;
}

/**
 * Renews how a service is let into its store, without a moment in which nobody is: both halves hold for a while, and
 * what runs with the old one is replaced meanwhile.
 */
export interface StoreCredentials {
  /**
   * From now on `connection` tells new ones; those before go on working until `retire`. While some wait for that, it
   * does nothing: at most two hold at a time.
   */
  rotate(request: { readonly service: string }, options: CallOptions): Promise<void>;
  /** Lets nobody in any more by what `rotate` replaced, and ends who is inside by it. */
  retire(request: { readonly service: string }, options: CallOptions): Promise<void>;
}

export interface StorePasswords {
  /** All that let in now: those that `rotate` replaced as well, until `retire`. */
  values(): readonly string[];
  /** Grows with every change of them. */
  changes(): number;
}

/**
 * All of a store, in a language that the next version reads. What is written lies beside the data that it is of, goes
 * with it by `rename` and `purge`, and only the service's own user reads it.
 */
export interface StoreUpgrade {
  /**
   * Why what is there can't be taken over to what is asked for, with the remedy; undefined: it can. Changes nothing.
   */
  missing(request: ServerWish, options: CallOptions): Promise<DriverError | undefined>;
  /** Writes it, of a store that runs and that nobody writes to. */
  write(request: { readonly service: string } & Pick<StoreRequest, 'server'>, options: CallOptions): Promise<void>;
  /** Reads what was written of `from` into a store that was just made. All of it or nothing. */
  read(request: { readonly service: string; readonly from: string }, options: CallOptions): Promise<void>;
  /** Removes what was written. */
  forget(request: { readonly service: string }): Promise<void>;
}

export interface StoreRequest {
  readonly service: string;
  /** Of an outside server; undefined for engines that Islet runs. */
  readonly url: string | undefined;
  /** The engine's own settings, by its own names. Those of a store that runs are changed by another `provision`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of a server that has such; those of one that runs hold from its next start on. Absent: the driver's own. */
  readonly limits?: StoreLimits;
  /**
   * Of an engine that comes in several versions; holds from the next start on. Absent: what it was started with last.
   */
  readonly server?: StoreServer;
  /** How data that an older version made is taken over, where the file says so. Absent: it is refused. */
  readonly upgrade?: 'copy' | 'in-place';
  /**
   * Called once before an `in-place` upgrade, while nothing runs on the data and it is as its older version left it;
   * `to` is what takes it over, for people. What this throws keeps it as it is.
   */
  readonly beforeUpgrade?: (to: string) => Promise<void>;
}

export type ServerWish = Pick<StoreRequest, 'service' | 'server' | 'upgrade'>;

export interface StoreServer {
  /** The major version. Undefined: that of the data; of a new store, the newest there is. */
  readonly version: number | undefined;
  /** Where its programs are: `npm`, `system`, or an absolute folder. */
  readonly binaries: string;
}

export interface StoreLimits {
  /** What the server may make use of. */
  readonly memoryBytes: number;
  /** What the service may have open, all its instances together. */
  readonly connections: number;
}

export interface MigrateRequest {
  readonly service: string;
  /** Absolute path of the folder of `*.sql` files, applied in the order of their names. */
  readonly folder: string;
  /** Nothing outside of this folder is read, wherever links lead. By default `folder` itself. */
  readonly within?: string | undefined;
  /** Contract migrations too: no older revision runs any more. */
  readonly contract?: boolean | undefined;
}

export type MigrateOutcome =
  | {
      readonly kind: 'migrated';
      readonly applied: readonly string[];
      /** Contract migrations that are still to come; absent: none. */
      readonly later?: readonly string[];
      /** What was dangerous of them, and was let through; absent: nothing. */
      readonly hazards?: readonly MigrationHazard[];
    }
  /** The store is as before the migration that failed; those before it are applied and recorded. */
  | { readonly kind: 'failed'; readonly migration: string; readonly reason: string };

export type MigrationPreview =
  | { readonly kind: 'pending'; readonly migrations: readonly PendingMigration[] }
  /** Nothing would run: a file that was applied has changed, or the like. */
  | { readonly kind: 'refused'; readonly migration: string; readonly reason: string };

export interface PendingMigration {
  readonly name: string;
  /** False: statement by statement, so that one that fails leaves those before it applied. */
  readonly inTransaction: boolean;
  readonly hazards: readonly MigrationHazard[];
  /** Why hazards can't be looked for; undefined: they were. */
  readonly unread: string | undefined;
}

/**
 * What the other users of a store would feel of a statement. All but the last stop a migration that doesn't allow them.
 */
export const HAZARD_EFFECTS = [
  'blocks writes',
  'blocks reads and writes',
  'fails',
  'breaks the running revision',
] as const;
export type HazardEffect = (typeof HAZARD_EFFECTS)[number];

export interface MigrationHazard {
  /** What the file names to let it through: `-- islet: allow set-not-null-scans`. */
  readonly rule: string;
  readonly migration: string;
  /** Of the statement; the first line is 1. */
  readonly line: number;
  readonly table: string;
  /** Size of the table's rows. */
  readonly bytes: number;
  readonly effect: HazardEffect;
  /** Continues "it": `builds the index while nobody may write`. */
  readonly what: string;
  /** How the same is reached without it. */
  readonly remedy: string;
  /** The file lets it through. */
  readonly allowed: boolean;
}

export interface StoreConnection {
  readonly url: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly name: string | undefined;
  /** Of a store that is a file. */
  readonly path: string | undefined;
  /** What its instances may have open together, and the server enforces; absent: as many as they like. */
  readonly maxConnections?: number;
}

export type StoreObservation =
  | { readonly kind: 'stopped'; readonly how: string | undefined }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'ready';
      readonly pid: number | undefined;
      readonly port: number | undefined;
      /** When the credentials were replaced that still work beside the new ones; absent: there are none. */
      readonly replacedAt?: number;
      /** Those of `StoreRequest` that hold; absent: none. */
      readonly settings?: Readonly<Record<string, string>>;
      /** Those of `StoreRequest` that were asked for last; absent: it has none. */
      readonly limits?: StoreLimits;
      /** Tells a store from the one that had its name before, where no process does. */
      readonly identity?: string;
    };
