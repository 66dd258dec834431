import type { ServiceStatus } from '@islet/client';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** How a settled system stands against what was asked of it. The worst of its services decides. */
export type Outcome = 'ready' | 'paused' | 'failed' | 'blocked' | 'timeout';

export function outcomeOf(services: readonly ServiceStatus[]): Exclude<Outcome, 'timeout'> {
  if (services.some(isFailed)) return 'failed';
  if (services.some(isBlocked)) return 'blocked';
  return services.some(({ state }) => state === 'paused') ? 'paused' : 'ready';
}

/** A service with fewer instances than asked for is not as asked, though it serves. */
export function isFailed({ state, failure }: ServiceStatus): boolean {
  return state === 'failed' || state === 'degraded' || failure !== undefined;
}

/** What was running before it was blocked goes on, so that a blocked service may be ready. */
export function isBlocked({ state, blocked }: ServiceStatus): boolean {
  return state === 'blocked' || blocked.length > 0;
}

export function exitCodeOf(outcome: Outcome): ExitCode {
  switch (outcome) {
    // It is as was asked: the file, or a person, wants to be asked.
    case 'paused':
    case 'ready':
      return EXIT.ok;
    case 'failed':
      return EXIT.failed;
    case 'blocked':
      return EXIT.blocked;
    case 'timeout':
      return EXIT.unreachable;
  }
}
