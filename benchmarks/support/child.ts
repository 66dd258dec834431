import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Ends it, and waits. A Ctrl-C reaches children too: it may have ended already, by a signal of its own. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
