/** Time, dice and timers as arguments, so that everything else here can be run on a virtual clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** From 0 up to, not including, 1. */
  dice(): number;
  /** Calls once after this long, unless it is disposed of before. `background`: it keeps no process alive. */
  after(delayMs: number, act: () => void, options?: { readonly background: boolean }): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  dice: () => Math.random(),
  after: (delayMs, act, { background } = { background: false }) => {
    const timer = setTimeout(act, delayMs);
    if (background) timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
