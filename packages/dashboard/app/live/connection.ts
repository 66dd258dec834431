import type { Answer, ApiError, Input, RouteName } from '@islet/client/browser';
import { api, failureOf } from './api.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** What is shown was true then. */
  | { readonly kind: 'stale'; readonly since: number; readonly error: ApiError };

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

export interface KeptOpen<N extends RouteName> {
  readonly name: N;
  readonly input: Input<N>;
  readonly latestEveryMs?: number;
  readonly onValue: (value: Answer<N>) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** How long a page may be out of sight before it lets go of its streams. */
const HIDDEN_MS = 20_000;

/**
 * Keeps a stream of the control plane open, over any number of control planes. Returns what ends it. A page that nobody
 * sees lets go: browsers open six connections to one host, for all of its tabs together, and a seventh would wait for ever.
 */
export function keepOpen<N extends RouteName>(options: KeptOpen<N>): () => void {
  let over: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    over?.abort();
    over = undefined;
  };
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(close, HIDDEN_MS);
    } else if (over === undefined) {
      over = new AbortController();
      void run(options, over.signal);
    }
  };
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    clearTimeout(timer);
    close();
  };
}

async function run<N extends RouteName>(options: KeptOpen<N>, signal: AbortSignal): Promise<void> {
  const { name, input, latestEveryMs, onValue, onConnection } = options;
  let [retryMs, since]: [number, number | undefined] = [FIRST_RETRY_MS, undefined];
  onConnection({ kind: 'connecting' });
  while (!signal.aborted) {
    let error: unknown = new Error('the control plane ended the stream');
    try {
      await api.listen(name, input, {
        signal,
        ...(latestEveryMs === undefined ? {} : { latestEveryMs }),
        onValue: (value) => {
          if (signal.aborted) return;
          [retryMs, since] = [FIRST_RETRY_MS, undefined];
          onConnection({ kind: 'live' });
          onValue(value);
        },
      });
    } catch (thrown) {
      error = thrown;
    }
    if (signal.aborted) return;
    since ??= Date.now();
    onConnection({ kind: 'stale', since, error: failureOf(error) });
    await pause(retryMs, signal);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

/** A page that comes back to the front, or a network that does, is a reason to try at once. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    const events = ['online', 'focus'] as const;
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      for (const event of events) window.removeEventListener(event, end);
      resolve();
    }
    signal.addEventListener('abort', end);
    for (const event of events) window.addEventListener(event, end);
  });
}
