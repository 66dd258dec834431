import { type Context, type Output, writeLines } from './context.ts';
import { createLive } from './render/live.ts';

/** What takes less needs no word. */
const SOON_MS = 1_000;
/** How often a plain line says that it still goes on. */
const AGAIN_MS = 15_000;

interface Wait {
  /** A noun: what is waited for. */
  readonly what: string;
  /** What becomes of it when the person no longer waits. */
  readonly goesOn: string;
}

/**
 * Waits, and lets the person know: what for, and how long already; and where they stop waiting, what goes on without them.
 * A live view has its own progress; this is for what can only be waited for.
 */
export async function waiting<T>(context: Context, { what, goesOn }: Wait, work: () => Promise<T>): Promise<T> {
  const end = tellOfWait(context.stderr, what);
  try {
    return await work();
  } catch (error) {
    end();
    if (context.signal.aborted) tellInterrupted(context, goesOn);
    throw error;
  } finally {
    end();
  }
}

/** Ctrl-C ends the command and not what it asked for, which nobody should have to guess. */
export function tellInterrupted({ stderr }: Pick<Context, 'stderr'>, goesOn: string): void {
  writeLines(stderr, [`Interrupted; ${goesOn}`]);
}

/** On a terminal a line whose seconds count; elsewhere a line, and again for what goes on for long. */
export function tellOfWait(output: Output, what: string, now: () => number = () => performance.now()): () => void {
  const since = now();
  const live = output.terminal && createLive(output);
  let told = 0;
  const timer = setInterval(() => {
    const ms = now() - since;
    const seconds = Math.floor(ms / 1_000);
    if (live) return live.draw([output.colours.dim(`waiting for ${what} (${seconds} s)`)]);
    if (told > 0 && ms < told * AGAIN_MS) return;
    writeLines(output, [told === 0 ? `waiting for ${what}` : `waiting for ${what} (${seconds} s)`]);
    told += 1;
  }, SOON_MS).unref();
  return () => {
    clearInterval(timer);
    live?.clear();
  };
}
