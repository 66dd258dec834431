/** Folders of a service's own that live beyond its revisions. */
export interface VolumesSpec {
  readonly folders: readonly string[];
  /** Undefined: they are not backed up. */
  readonly backup: VolumesBackupSpec | undefined;
}

export interface VolumesBackupSpec {
  readonly everyMs: number;
  /** The newest copy of each of so many hours, days, weeks and months. */
  readonly keep: { readonly hourly: number; readonly daily: number; readonly weekly: number; readonly monthly: number };
}
