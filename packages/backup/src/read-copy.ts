import { type CallOptions, DriverError, type LogChunk, type ReadSpan } from '@islet/driver';
import type { LogPiece } from './catalog.ts';
import { LIMITS } from './limits.ts';
import { type EraId, pieceName } from './names.ts';
import type { Offer, WholeCopy } from './restorable.ts';
import type { Vault } from './vault.ts';

/** A copy's bytes, each checked before it is handed out. Throws `damaged` or `not-found`, naming the piece. */
export async function* readCopy(
  vault: Vault,
  { era, copy }: { readonly era: EraId; readonly copy: WholeCopy },
  options: CallOptions,
): AsyncGenerator<Uint8Array> {
  const names = copy.manifest.pieces.map((_, index) => pieceName({ era, copy: copy.id, index }));
  let plainBytes = 0;
  for await (const plain of openAhead(vault, names, options)) {
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

/** A log's pieces without a gap, each checked before it is handed out. Throws `damaged` or `not-found`, naming the piece. */
export async function* readLog(
  vault: Vault,
  pieces: readonly LogPiece[],
  options: CallOptions,
): AsyncGenerator<LogChunk> {
  const names = pieces.map(({ name }) => name);
  const opened = openAhead(vault, names, options);
  for (const { from, to, at } of pieces) {
    const { value: bytes, done } = await opened.next();
    if (!done) yield { from, to, at, bytes };
  }
}

/** In their order. While one is worked on, the next are read, opened and decompressed. */
async function* openAhead(vault: Vault, names: readonly string[], options: CallOptions): AsyncGenerator<Uint8Array> {
  const opening: Promise<Uint8Array>[] = [];
  for (const name of names) {
    const plain = vault.get(name, options);
    // Thrown when it is its turn.
    plain.catch(() => {});
    opening.push(plain);
    if (opening.length <= LIMITS.piecesAhead) continue;
    yield await (opening.shift() ?? plain);
  }
  for (const plain of opening) yield await plain;
}
