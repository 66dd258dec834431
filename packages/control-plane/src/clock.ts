/** Time and dice as arguments, so that everything else here can be run on a virtual clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** From 0 up to, not including, 1. */
  dice(): number;
}

export const systemClock: Clock = { now: () => Date.now(), dice: () => Math.random() };
