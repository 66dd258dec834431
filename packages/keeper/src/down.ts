import { existsSync } from 'node:fs';
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
 * may have been killed right after.
 */
export async function untilDown(state: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of setInterval(LOOK_MS, undefined, { signal })) if (isDown(state)) return;
  } catch {
    // Aborted: the process is ending anyway.
  }
}
