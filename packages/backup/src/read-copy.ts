import { type CallOptions, DriverError, type LogChunk } from '@islet/driver';
import type { LogPiece } from './catalog.ts';
import { type EraId, pieceName } from './names.ts';
import type { WholeCopy } from './restorable.ts';
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

/** A log's bytes without a gap, each checked before it is handed out; what overlaps is handed out once. */
export async function* readLog(
  vault: Vault,
  pieces: readonly LogPiece[],
  options: CallOptions,
): AsyncGenerator<LogChunk> {
  for (const { name, from, to, at } of pieces) yield { from, to, at, bytes: await vault.get(name, options) };
}
