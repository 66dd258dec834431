import type { LogPosition } from '@islet/driver';
import type { LogPiece } from './catalog.ts';

/** The pieces of a log that follow each other without a gap. */
export interface Chain {
  readonly pieces: readonly LogPiece[];
  readonly to: LogPosition;
  /** All that was committed by this instant is in it. */
  readonly at: number;
}

/**
 * The longest way from a position through pieces that touch or overlap. Pieces are sorted by their beginning, the longest
 * first; one that adds nothing (it was merged into a longer one) is left out.
 */
export function chainFrom(from: LogPosition, log: readonly LogPiece[]): Chain {
  const pieces: LogPiece[] = [];
  let to = from;
  let best: LogPiece | undefined;
  const take = () => {
    if (best === undefined) return;
    pieces.push(best);
    to = best.to;
    best = undefined;
  };
  for (const piece of log) {
    if (piece.to <= to) continue;
    if (piece.from > to) {
      // Nothing that comes later begins earlier: the best so far is the best.
      take();
      if (piece.from > to) break;
      if (piece.to <= to) continue;
    }
    if (best === undefined || piece.to > best.to) best = piece;
  }
  take();
  return { pieces, to, at: pieces.reduce((latest, { at }) => Math.max(latest, at), 0) };
}
