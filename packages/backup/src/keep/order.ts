import type { CallOptions, StoreReader, StoreSource } from '@islet/driver';
import type { RecoveryKey } from '../keys.ts';
import type { CopyId } from '../names.ts';
import type { Repository } from '../repository.ts';
import type { Keep } from '../retention.ts';

/** What is asked for of one store. */
export interface StoreOrder {
  readonly service: string;
  readonly source: StoreSource;
  readonly everyMs: number;
  readonly pitr: boolean;
  readonly keep: Keep;
  /** When somebody last asked for a copy at once. */
  readonly askedAt: number | undefined;
}

/** What became of it so far. */
export interface StoreTold {
  readonly service: string;
  readonly log: /** Everything that was committed at `at` or before is stored. */
    | { readonly kind: 'followed'; readonly at: number }
    | { readonly kind: 'waiting'; readonly since: number; readonly why: string }
    /** The engine has none. */
    | { readonly kind: 'none' };
  readonly copy:
    | { readonly kind: 'waiting'; readonly nextAt: number }
    | { readonly kind: 'copying'; readonly since: number }
    | { readonly kind: 'failed'; readonly at: number; readonly why: string; readonly times: number };
  readonly last: LastCopy | undefined;
  /** The oldest and the newest instant that can be restored, though perhaps not all between. */
  readonly restorable: { readonly from: number; readonly to: number } | undefined;
  /** As stored, of the service in all. */
  readonly bytes: number;
}

export interface LastCopy {
  readonly id: CopyId;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  /** See `CopyFacts`. */
  readonly lacks?: readonly string[];
  readonly remarks?: readonly string[];
}

export interface KeepParts {
  readonly reader: StoreReader;
  readonly repository: Repository;
  readonly by: RecoveryKey;
  readonly now: () => number;
  readonly pause: (ms: number, options: CallOptions) => Promise<void>;
  /** Runs one after the other whatever is given to it, for all services together: copies read a whole disk. */
  readonly oneAtATime: <T>(act: () => Promise<T>) => Promise<T>;
  readonly tell: (told: StoreTold) => void;
}
