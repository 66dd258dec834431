import type { UnixUser } from '@islet/supervise';
import type { Engine, StoreLimits } from '../data.ts';
import type { Layout } from '../layout.ts';
import type { ServerRecord, Started } from './record.ts';

/** What is an engine's own of how its servers are kept. */
export interface ServerKind<R extends ServerRecord> {
  readonly engine: Engine;
  /** As people call it. */
  readonly product: string;
  /** Of the records, below `state`. */
  readonly records: string;
  /** Of all that a service's server has. Root's, or one that only root's folders lead to. */
  readonly folderOf: (layout: Layout, service: string) => string;
  /** Two records are of one data, under two names. */
  readonly isSame: (one: R, other: R) => boolean;
  readonly stop: { readonly graceMs: number; readonly signal: NodeJS.Signals };
  /** From the start of a server until it answers, recovery after a crash included. */
  readonly readyMs: number;
  /** Whether it is ready. Throws where it can't be asked, or says no. */
  readonly ask: (started: Started<R>, as: 'islet' | 'service', signal: AbortSignal) => Promise<boolean>;
  readonly isRejection: (error: unknown) => boolean;
  readonly complaint: { readonly like: RegExp; readonly head: RegExp };
  /** Those of a record that names none; absent: it has none. */
  readonly limits?: StoreLimits;
}

export interface ServerSpec {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: UnixUser | undefined;
}
