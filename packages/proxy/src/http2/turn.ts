/** What is to be done once the loop has read all that there was to read. */
export interface Turned {
  onTurnEnd(): void;
  /** It has thrown this. */
  onTurnBroken(thrown: unknown): void;
}

/**
 * In one turn of the loop, many sockets may bring what belongs on one connection. It is written once, when all of them are
 * read; one immediate serves all connections.
 */
let waiting: Turned[] = [];

/** To be asked once in a turn. */
export function atTurnEnd(one: Turned): void {
  if (waiting.length === 0) setImmediate(endTurn);
  waiting.push(one);
}

function endTurn(): void {
  const now = waiting;
  waiting = [];
  for (const one of now) endTurnOf(one);
}

/** A mistake of ours costs the connection that it was made on, and no other. */
function endTurnOf(one: Turned): void {
  try {
    one.onTurnEnd();
  } catch (thrown) {
    one.onTurnBroken(thrown);
  }
}
