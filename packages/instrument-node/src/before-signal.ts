/**
 * Does something before a signal ends a process in which nobody listens for it; the signal then ends it all the same, and
 * whoever waits for it sees by which. A listener changes what a signal does, and libraries that end a process themselves count
 * listeners to find out whether somebody else does. So ours is there only for as long as there is no other.
 */
export function beforeSignal(signal: NodeJS.Signals, act: () => void): void {
  let isOver = false;
  const end = () => {
    isOver = true;
    process.off(signal, end);
    try {
      act();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  const settle = () => {
    const all = process.listeners(signal);
    const isThere = all.includes(end);
    if (isThere && all.length > 1) process.off(signal, end);
    else if (!isThere && all.length === 0 && !isOver) process.on(signal, end);
  };
  // Not before what is under way is done: the runtime would take the signal for one that nobody listens for. No signal comes in between.
  const soon = (event: string | symbol) => {
    if (event === signal) queueMicrotask(settle);
  };
  process.on('newListener', soon);
  process.on('removeListener', soon);
  settle();
}
