import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';

/** How late `run/down` may be seen while nothing else happens. */
const LOOK_MS = 250;

/** `run/down` asks everything to end and stay ended; a state folder that was removed asks the same. */
export function isDown(state: string): boolean {
  return existsSync(join(state, 'run', 'down')) || !existsSync(join(state, 'run'));
}

/**
 * Resolves when the system is asked to go down, or the signal is aborted. Each process sees it by itself: whoever asked
 * may have been killed right after. A state folder that was made anew is another system's, which has processes of its
 * own.
 */
export async function untilDown(state: string, signal: AbortSignal): Promise<void> {
  const own = identityOf(state);
  try {
    for await (const _ of setInterval(LOOK_MS, undefined, { signal })) {
      if (isDown(state) || identityOf(state) !== own) return;
    }
  } catch {
    // Aborted: the process is ending anyway.
  }
}

/** Numbers of files are given out again: only together with the instant of its making one means this folder. */
function identityOf(state: string): string {
  const run = statSync(join(state, 'run'), { throwIfNoEntry: false });
  return run === undefined ? '' : `${run.dev}:${run.ino}:${run.birthtimeMs}`;
}
