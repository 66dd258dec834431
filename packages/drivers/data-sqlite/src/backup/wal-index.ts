import { closeSync, openSync, readSync } from 'node:fs';
import type { Salts } from './wal-format.ts';

/** How far a log is committed: up to this frame of this filling. */
export interface Committed {
  readonly salts: Salts;
  readonly frame: number;
}

/** Twice, so that a reader sees whether it is just being written (sqlite.org/walformat.html, "WAL-Index Header"). */
const HEADER_BYTES = 48;
const VERSION = 3_007_000;
const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The index that the connections of one file share, in memory of which this file is a view. It is read to know what was
 * committed at an instant: reading the log itself takes a while, in which more is committed.
 *
 * SQLite's locks are on this file, and whoever closes any file takes all locks of his process off it. So it is closed after
 * the connections of this process.
 */
export class WalIndex {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** Undefined: it is being written just now, or is of a form that nobody here knows. */
  committed(): Committed | undefined {
    const bytes = Buffer.alloc(2 * HEADER_BYTES);
    if (readSync(this.#file, bytes, 0, bytes.length, 0) < bytes.length) return undefined;
    if (!bytes.subarray(0, HEADER_BYTES).equals(bytes.subarray(HEADER_BYTES))) return undefined;
    // Numbers are as the machine has them; the salts are as in the log.
    const [version, frame] = [0, 16].map((at) => (LITTLE ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)));
    if (version !== VERSION || frame === undefined || bytes[12] === 0) return undefined;
    return { salts: { first: bytes.readUInt32BE(32), second: bytes.readUInt32BE(36) }, frame };
  }

  close(): void {
    closeSync(this.#file);
  }
}
