import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '@islet/client/errors';
import type { Context } from './context.ts';
import type { Session } from './session.ts';
import { waiting } from './waiting.ts';

const LOOK_MS = 300;

/**
 * Asks until there is an answer, over any number of control planes: one that dies is waited for. Throws `unavailable` when
 * the time is over: what was asked for may still happen.
 */
export async function pollUntil<T>(
  context: Context,
  session: Session,
  { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string },
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const goesOn = `the control plane goes on with ${what}`;
  return waiting(context, { what, goesOn }, () => untilAnswer(context, session, { timeoutMs, what, ask }));
}

async function untilAnswer<T>(
  context: Context,
  session: Session,
  { timeoutMs, what, ask }: { readonly timeoutMs: number; readonly what: string; ask(): Promise<T | undefined> },
): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  for (;;) {
    const answer = await ask().catch(async (error: unknown) => {
      if (!(error instanceof ApiError && error.code === 'unavailable')) throw error;
      await session.renew(context.signal);
      return undefined;
    });
    if (answer !== undefined) return answer;
    await pause(LOOK_MS, undefined, { signal }).catch((error: unknown) => {
      if (context.signal.aborted) throw error;
      throw new ApiError('unavailable', `${what} did not end in time`, { hint: 'it goes on; look again later' });
    });
  }
}
