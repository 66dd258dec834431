import type { ProcessSpec, Supervisor } from '@islet/supervise';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { putOffUntil } from './put-off.ts';

export interface KeptParts {
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A process of Islet's own that outlives the control plane, and is started again when it ends. */
export interface KeptProcess {
  readonly isRunning: () => boolean;
  /** Starts it, unless it runs, or has just ended. */
  ensure(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
  close(): void;
}

const STOP_MS = 10_000;
/** One that ends is started again after 1 s, 2 s … 1 min. */
const RESTART = { firstMs: 1_000, longestMs: 60_000, forgiveMs: 10 * 60_000 } as const;

export function keepProcess(spec: ProcessSpec, { supervisor, clock, log }: KeptParts): KeptProcess {
  let ends = 0;
  let startAt = 0;
  let delayMs = 0;
  let closed = false;
  let next: Disposable | undefined;

  const waitMs = () => {
    startAt = putOffUntil(startAt, { mostMs: delayMs, now: clock.now() });
    return Math.max(0, startAt - clock.now());
  };
  const state = () => supervisor.observe().get(spec.name);
  const ensure = async () => {
    const seen = state();
    if (closed || seen?.kind === 'running' || seen?.kind === 'stopping' || waitMs() > 0) return;
    if (seen?.kind === 'exited') log.warn({ process: spec.name, how: seen.how }, 'a process of Islet ended');
    ends = clock.now() - startAt > RESTART.forgiveMs ? 0 : ends + 1;
    delayMs = Math.min(RESTART.firstMs * 2 ** ends, RESTART.longestMs);
    startAt = clock.now() + delayMs;
    await supervisor.start(spec);
  };
  const again = supervisor.onExit((name) => {
    if (name !== spec.name || closed) return;
    next?.[Symbol.dispose]();
    next = clock.after(waitMs(), () => void ensure().catch(trouble), { background: true });
  });
  const trouble = (error: Error) => log.error({ process: spec.name, error: error.message }, 'it could not be started');

  return {
    isRunning: () => state()?.kind === 'running',
    ensure,
    stop: async () => {
      closed = true;
      if (!supervisor.observe().has(spec.name)) return;
      await supervisor.stop(spec.name, { graceMs: STOP_MS });
      await supervisor.forget(spec.name);
    },
    close: () => {
      closed = true;
      again[Symbol.dispose]();
      next?.[Symbol.dispose]();
    },
  };
}
