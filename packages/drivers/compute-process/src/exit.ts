import type { Supervisor } from '@islet/supervise';

/** How a supervised process ended; undefined: the signal came first. */
export async function untilExit(
  supervisor: Supervisor,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ended = Promise.withResolvers<void>();
  using _listener = supervisor.onExit((exited) => {
    if (exited === name) ended.resolve();
  });
  const stop = () => ended.resolve();
  signal.addEventListener('abort', stop);
  try {
    // After the listener is in place: it may have ended before.
    if (supervisor.observe().get(name)?.kind !== 'exited' && !signal.aborted) await ended.promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  const state = supervisor.observe().get(name);
  return state?.kind === 'exited' ? state.how : undefined;
}
