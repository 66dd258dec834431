import type { CallOptions } from '@islet/driver';

/**
 * Where backups are kept: objects by name. A name is made of parts joined by `/`, each of letters, digits, `.`, `_` and
 * `-`. A repository knows nothing of what it keeps, and is trusted with nothing: what it gives back is checked.
 */
export interface Repository {
  /** For people: a folder's path, or `s3://bucket/prefix`. */
  readonly place: string;
  /** All of it and durably, or not at all. Writing a name again replaces it. */
  put(name: string, bytes: Uint8Array, options: CallOptions): Promise<void>;
  /** Undefined: it isn't there. */
  get(name: string, options: CallOptions): Promise<Uint8Array | undefined>;
  /** Everything whose name begins so, sorted by name. */
  list(prefix: string, options: CallOptions): Promise<readonly StoredObject[]>;
  /** Gone when it returns, whether it was there or not. */
  remove(name: string, options: CallOptions): Promise<void>;
}

export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
}
