import type { CallOptions } from './compute.ts';

/**
 * Copies of a store, and stores from copies: the part of a data driver that backups are made with. A driver says how
 * its engine is copied and rolled forward; what becomes of the bytes (encryption, checksums, where they are kept and
 * for how long) is not its affair.
 *
 * It has two halves. A `StoreReader` copies a running store and follows its log, in a process of its own that goes on
 * when the control plane dies; all that it knows of the store is a `StoreSource`. `StoreBackups` belongs to the driver,
 * and makes stores.
 *
 * A restored store is a store like any other, under a name of its own. So a drill, a branch to look at and a restore in
 * place are the same call: the first is purged when it was checked, the second when it was looked at, and for the third
 * the old store is first renamed.
 */
export interface StoreBackups {
  /**
   * What the store's reader has to know. Of an engine with a log: from now on it is kept until it was followed. Throws
   * `not-found` before `provision`.
   */
  source(request: { readonly service: string }, options: CallOptions): Promise<StoreSource>;
  /**
   * Makes a store from a copy and starts it, with new passwords. Throws `refused` where the service has a store; what a
   * restore leaves that failed is never observed as ready, and goes with `purge`.
   */
  restore(request: RestoreRequest, options: CallOptions): Promise<RestoreOutcome>;
  /**
   * Gives a stopped store another name, under which it can be purged, or renamed back. Throws `refused` where it runs.
   */
  rename(request: { readonly service: string; readonly to: string }, options: CallOptions): Promise<void>;
  /**
   * Lets a service's user open the store of another name, which is the driver's own to remove from then on. Undefined:
   * it is reached by its address and password alone.
   */
  lend?(request: { readonly service: string; readonly to: string }, options: CallOptions): Promise<void>;
  /** The engine's own check of everything that a running store holds. Each finding is a sentence; none: it is sound. */
  check(request: { readonly service: string }, options: CallOptions): Promise<readonly string[]>;
  /** Every table (or what the engine has instead) with the number of its rows. */
  count(request: { readonly service: string }, options: CallOptions): Promise<Readonly<Record<string, number>>>;
  /** One query that reads, as the service: the first value of the first row, as text. */
  ask(request: { readonly service: string; readonly query: string }, options: CallOptions): Promise<string | undefined>;
}

/** How a running store is reached from another process. It may hold a password, and is never shown. */
export interface StoreSource {
  readonly engine: string;
  readonly how: Readonly<Record<string, string>>;
}

export interface StoreReader {
  readonly engine: string;
  /**
   * Tells one line of a store's history from any other: a store that was made anew, or restored, has another identity.
   * A copy and a log belong together only if their identities are equal.
   */
  identity(source: StoreSource, options: CallOptions): Promise<string>;
  /**
   * One consistent copy of a whole store that is in use, as of one moment before the end of the bytes. The copy is
   * whole if and only if the iteration ends without an error; what it returns is kept with it, as secret as the bytes.
   * What `earlier` holds need not be among the bytes, where the reader says so in `CopyFacts.bases`.
   */
  copy(source: StoreSource, options: CopyOptions): AsyncGenerator<Uint8Array, CopyFacts>;
  /** Undefined: the engine has no log, and what was written after the last copy is lost with the store. */
  readonly follow?: FollowLog;
  /** Undefined: `bytes`. */
  readonly logForm?: LogForm;
}

/**
 * How pieces of a log are put together by whoever keeps it. `bytes`: each holds as many as lie between its positions,
 * so what overlaps can be cut. `frames`: they say themselves where they lie, so they are put one after the other,
 * whole.
 */
export type LogForm = 'bytes' | 'frames';

/** Undefined: the engine has no log. */
export function logFormOf({ follow, logForm = 'bytes' }: StoreReader): LogForm | undefined {
  return follow && logForm;
}

export interface CopyOptions extends CallOptions {
  /** The newest whole copy of the same store; absent: this is the first. */
  readonly earlier?: EarlierCopy;
}

export interface EarlierCopy {
  readonly id: string;
  readonly facts: CopyFacts;
  readonly read: ReadSpan;
  /** Of the copies that this one is made of, itself among them: how many bytes each holds. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Bytes of a copy, by where they are in what its reader gave; each is checked before it is handed out. */
export type ReadSpan = (span: CopySpan, options: CallOptions) => AsyncIterable<Uint8Array>;

export interface CopySpan {
  /** Empty: the copy itself. */
  readonly copy: string;
  readonly from: number;
  readonly bytes: number;
}

/** What `restore` must know beside the bytes. */
export interface CopyFacts {
  /** Other copies of the same store that hold a part of this one; absent: none. */
  readonly bases?: readonly string[];
  /** The part of the log without which the bytes are no consistent store; undefined: they need none. */
  readonly needs: LogRange | undefined;
  /** What could not be copied; each a sentence. Absent: nothing. */
  readonly lacks?: readonly string[];
  /** What is to be known of the copy; each a sentence. Absent: nothing. */
  readonly remarks?: readonly string[];
  /** In the driver's own words: the engine's version, names, verifiers. */
  readonly notes: Readonly<Record<string, string>>;
}

/**
 * A place in a store's log. Positions of one log are of equal length and sort as text, and their first 16 hexadecimal
 * digits count bytes (`logCount`): so whoever keeps the log need not know the engine, to order and to merge what it
 * keeps.
 */
export type LogPosition = string;

export interface LogRange {
  readonly from: LogPosition;
  readonly to: LogPosition;
}

export interface LogChunk extends LogRange {
  /** All that was committed at this instant or before is in it or in an earlier one; 0: not known. */
  readonly at: number;
  /** Empty, with `to` equal to `from`: nothing came. */
  readonly bytes: Uint8Array;
}

/**
 * Follows a log from a position; without one, from where the engine still has it. Asking for the next chunk says that
 * the one before is durable, and that the engine may let go of it: nothing is acknowledged otherwise. Ends by an error,
 * or when it is aborted. Throws `not-found` where the engine has let go of what would come next: a new copy is needed.
 */
export type FollowLog = (
  request: { readonly source: StoreSource; readonly from: LogPosition | undefined },
  options: CallOptions,
) => AsyncGenerator<LogChunk, void>;

export interface RestoreRequest {
  /** Whom the new store is for. */
  readonly service: string;
  readonly facts: CopyFacts;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The same in any order, and what the copy's bases hold. */
  readonly read?: ReadSpan;
  /** Without a gap, from `facts.needs.from` on; of an engine without a log, empty. */
  readonly log: AsyncIterable<LogChunk>;
  readonly target: RestoreTarget;
}

export type RestoreTarget =
  /** As the copy was at its end. */
  | { readonly kind: 'copy' }
  /** As far as the log goes. */
  | { readonly kind: 'latest' }
  /** With everything that was committed at this instant or before, and nothing after it. */
  | { readonly kind: 'time'; readonly at: number };

/** Trouble is thrown. `short`: the log ended before the instant asked for, and the store is as of its end. */
export interface RestoreOutcome {
  readonly kind: 'restored' | 'short';
}
