import { type CallOptions, DriverError, type LogChunk, logCount, type ReadSpan } from '@islet/driver';
import type { LogPiece } from './catalog.ts';
import { type EraId, pieceName } from './names.ts';
import type { Offer, WholeCopy } from './restorable.ts';
import type { Vault } from './vault.ts';

/** A copy's bytes, each checked before it is handed out. Throws `damaged` or `not-found`, naming the piece. */
export async function* readCopy(
  vault: Vault,
  { era, copy }: { readonly era: EraId; readonly copy: WholeCopy },
  options: CallOptions,
): AsyncGenerator<Uint8Array> {
  let plainBytes = 0;
  for (let index = 0; index < copy.manifest.pieces.length; index++) {
    const plain = await vault.get(pieceName({ era, copy: copy.id, index }), options);
    plainBytes += plain.length;
    yield plain;
  }
  if (plainBytes !== copy.manifest.plainBytes) {
    throw new DriverError(
      'damaged',
      `copy ${copy.id} holds ${plainBytes} bytes, and should hold ${copy.manifest.plainBytes}`,
    );
  }
}

const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Reads a copy, and those that it is based on, in any order. Who reads file after file reads most pieces several times in a
 * row, so the last one stays open.
 */
export function spansOf(vault: Vault, { era, copy, bases }: Offer): ReadSpan {
  const copies = new Map([...bases, copy].map((one) => [one.id, one]));
  let last: { readonly name: string; readonly plain: Promise<Uint8Array> } | undefined;
  const pieceAt = (name: string, options: CallOptions) => {
    if (last?.name !== name) last = { name, plain: vault.get(name, options) };
    return last.plain;
  };
  return async function* (span, options) {
    const of = span.copy === '' ? copy : copies.get(span.copy);
    if (of === undefined)
      throw new DriverError('damaged', `copy ${copy.id} lacks ${span.copy}, which holds a part of it`);
    const { pieceBytes = PIECE_BYTES } = of.manifest;
    const end = span.from + span.bytes;
    for (let at = span.from; at < end; ) {
      const index = Math.floor(at / pieceBytes);
      const plain = await pieceAt(pieceName({ era, copy: of.id, index }), options);
      const part = plain.subarray(at - index * pieceBytes, end - index * pieceBytes);
      if (part.length === 0) throw new DriverError('damaged', `copy ${of.id} ends before ${end}`);
      yield part;
      at += part.length;
    }
  };
}

/**
 * A log's bytes without a gap, each checked before it is handed out; what overlaps is handed out once. Throws `damaged` or
 * `not-found`, naming the piece.
 */
export async function* readLog(
  vault: Vault,
  pieces: readonly LogPiece[],
  options: CallOptions,
): AsyncGenerator<LogChunk> {
  for (const piece of pieces) yield await readPiece(vault, piece, options);
}

/** Sealed bytes are as they were stored; that they are the part of the log that they say they are, their length tells. */
export async function readPiece(vault: Vault, piece: LogPiece, options: CallOptions): Promise<LogChunk> {
  const { name, from, to, at } = piece;
  const bytes = await vault.get(name, options);
  requireLength(piece, bytes);
  return { from, to, at, bytes };
}

function requireLength({ name, from, to }: LogPiece, bytes: Uint8Array): void {
  const wanted = logCount(to) - logCount(from);
  if (BigInt(bytes.length) === wanted) return;
  throw new DriverError('damaged', `${name} holds ${bytes.length} bytes of the log, and should hold ${wanted}`);
}
