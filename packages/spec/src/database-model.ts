import type { BackupSpec, DrillSpec } from './backup-model.ts';

export type DatabaseSpec = DatabaseCommon &
  (
    | {
        readonly engine: 'postgres' | 'mariadb' | 'sqlite';
        /** Undefined: it is not backed up. */
        readonly backup: BackupSpec | undefined;
        readonly drill: DrillSpec | undefined;
      }
    /** An outside server, by a URL kept as a secret. */
    | { readonly engine: 'external'; readonly url: { readonly secret: string } }
  );

export interface DatabaseCommon {
  /** A folder. */
  readonly migrations: string | undefined;
  /** Instead: a command. */
  readonly migrate: { readonly command: string } | undefined;
  readonly seed: SeedSpec | undefined;
  /** By the engine's own names, as they are written. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of PostgreSQL and MariaDB. Absent: an older Islet was asked, or the engine has none. */
  readonly limits?: StoreLimitsSpec;
  /** Of PostgreSQL. */
  readonly server?: StoreServerSpec | undefined;
  /** How data of an older version is taken over. Absent: it is not. */
  readonly upgrade?: 'copy' | 'in-place';
}

export interface StoreServerSpec {
  /** The major version. Undefined: that of the data; of a new store, the newest there is. */
  readonly version: number | undefined;
  /** `npm`, `system`, or the absolute path of a folder. */
  readonly binaries: string;
}

export interface StoreLimitsSpec {
  readonly memoryBytes: number;
  /** Of all instances of the service together. */
  readonly connections: number;
}

export type SeedSpec =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'command'; readonly command: string };
