import { type CopyFacts, DriverError } from '@islet/driver';

/**
 * What a copy is made of. It is written when every piece of it is stored and was read again, so a copy that has one is
 * whole; it is sealed like everything else, so it can't be another's or be altered.
 */
export interface Manifest {
  readonly format: 1;
  readonly engine: string;
  readonly identity: string;
  readonly startedAt: number;
  /** The store's state at some instant between `startedAt` and this one is what the copy holds. */
  readonly finishedAt: number;
  readonly facts: CopyFacts;
  /** Before compression. */
  readonly plainBytes: number;
  /** Of every piece but the last, before compression; absent: 4 MiB, as in all that say nothing of it. */
  readonly pieceBytes?: number;
  /** As they are stored, in their order. */
  readonly pieces: readonly Piece[];
}

export interface Piece {
  readonly bytes: number;
  readonly sha256: string;
}

export function manifestBytes(manifest: Manifest): Uint8Array {
  return Buffer.from(JSON.stringify(manifest));
}

/** What was opened with the right key was written by Islet: all that can differ is the version. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as Manifest | { readonly format: unknown };
  if (manifest.format === 1) return manifest as Manifest;
  throw new DriverError('unsupported', `a backup has format ${String(manifest.format)}, and this version reads 1`, {
    hint: 'use the version of Islet that made it, or a newer one',
  });
}
