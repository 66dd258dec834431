import { createHash } from 'node:crypto';
import { type CallOptions, type CopyFacts, DriverError } from '@islet/driver';
import { LIMITS } from './limits.ts';
import { type Manifest, manifestBytes, type Piece } from './manifest.ts';
import { type CopyId, type EraId, instantId, manifestName, pieceName } from './names.ts';
import type { Vault } from './vault.ts';

export interface CopyRequest {
  readonly vault: Vault;
  readonly era: EraId;
  readonly engine: string;
  readonly identity: string;
  readonly startedAt: number;
  readonly now: () => number;
  readonly bytes: AsyncGenerator<Uint8Array, CopyFacts>;
}

export interface Written {
  readonly id: CopyId;
  readonly manifest: Manifest;
}

/**
 * Stores a copy in pieces, reads every piece again, and only then writes the manifest by which the copy exists. What is
 * cut short leaves pieces without a manifest: nobody takes them for a copy, and retention removes them.
 */
export async function writeCopy(request: CopyRequest, options: CallOptions): Promise<Written> {
  const { vault, era, engine, identity, startedAt, now } = request;
  // Where it can't be stored, whoever reads the store for it lets go of it: it may hold locks that the next copy needs.
  await using bytes = request.bytes;
  const id = instantId(startedAt);
  const nameOf = (index: number) => pieceName({ era, copy: id, index });
  const writing: Promise<Piece>[] = [];
  let plainBytes = 0;
  const facts = await inPieces(bytes, async (plain) => {
    plainBytes += plain.length;
    const written = writePiece(vault, nameOf(writing.length), plain, options);
    // Thrown below, or by the next wait.
    written.catch(() => {});
    writing.push(written);
    await writing[writing.length - LIMITS.piecesAtOnce];
  }).finally(() => Promise.allSettled(writing));
  const pieces = await Promise.all(writing);
  for (const [index, piece] of pieces.entries()) await readBack(vault, nameOf(index), piece, options);
  const manifest: Manifest = {
    format: 1,
    engine,
    identity,
    startedAt,
    finishedAt: now(),
    facts,
    plainBytes,
    pieceBytes: LIMITS.pieceBytes,
    pieces,
  };
  await vault.put(manifestName(era, id), manifestBytes(manifest), options);
  return { id, manifest };
}

/** Cuts a stream into pieces of one size, whatever the size of what comes; the last is shorter. */
async function inPieces(
  bytes: AsyncGenerator<Uint8Array, CopyFacts>,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<CopyFacts> {
  let piece = Buffer.allocUnsafe(LIMITS.pieceBytes);
  let length = 0;
  for (;;) {
    const next = await bytes.next();
    if (next.done) {
      if (length > 0) await write(piece.subarray(0, length));
      return next.value;
    }
    for (let from = 0; from < next.value.length; ) {
      const part = next.value.subarray(from, from + LIMITS.pieceBytes - length);
      piece.set(part, length);
      length += part.length;
      from += part.length;
      if (length < LIMITS.pieceBytes) continue;
      await write(piece);
      piece = Buffer.allocUnsafe(LIMITS.pieceBytes);
      length = 0;
    }
  }
}

async function writePiece(vault: Vault, name: string, plain: Uint8Array, { signal }: CallOptions): Promise<Piece> {
  const stored = await vault.put(name, plain, { signal });
  return { bytes: stored.length, sha256: sha256(stored) };
}

async function readBack(vault: Vault, name: string, piece: Piece, options: CallOptions): Promise<void> {
  const stored = await vault.stored(name, options);
  if (stored === undefined || sha256(stored) !== piece.sha256) {
    throw new DriverError('damaged', `${name} is not what was written a moment ago`, { hint: 'look at the disk' });
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
