/**
 * Where a state machine keeps its numbers: in one array, all 0 at the start. So several threads can have the same ones,
 * over a `SharedArrayBuffer`; whoever shares them sees to it that one thread at a time touches them. Numbers of a
 * window of time are kept by slots, so that a slot is forgotten as a whole.
 */
export type Cells = Float64Array;

/** For a state machine that is nobody else's. */
export function ownCells(count: number): Cells {
  return new Float64Array(count);
}
