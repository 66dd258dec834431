import type { AttemptFailure } from '@islet/policy';
import type { ProxyError } from '../errors.ts';
import { BODY_SLOW, CLIENT_SLOW, CONNECT_TIMEOUT, REQUEST_TIMEOUT, STILL } from './failures.ts';
import type { Patience } from './patience.ts';

/** Where a call is. */
export type CallState = 'choosing' | 'connecting' | 'sent' | 'responding' | 'responded' | 'over';

/** What is to be done since the deadline of a call has passed. */
export type Overdue =
  | { readonly kind: 'nothing' }
  /** Its client is slow, and takes it. */
  | { readonly kind: 'wait' }
  /** Its client has left, as far as can be told. */
  | { readonly kind: 'abandon' }
  | { readonly kind: 'fail'; readonly failure: AttemptFailure; readonly error: ProxyError }
  /** No response yet: whether its instance hangs, and another is to be asked. */
  | { readonly kind: 'judge' }
  | { readonly kind: 'break'; readonly error: ProxyError };

export function overdueOf(
  state: CallState,
  { patience, isSent, now }: { readonly patience: Patience; readonly isSent: boolean; readonly now: number },
): Overdue {
  if (patience.seemsLeft && state !== 'connecting') return { kind: 'abandon' };
  const callers = patience.overdue(now);
  switch (state) {
    case 'connecting':
      return {
        kind: 'fail',
        failure: { kind: callers ? 'final' : 'connect-timeout' },
        error: callers ?? CONNECT_TIMEOUT,
      };
    case 'sent':
      if (callers === undefined && isSent) return { kind: 'judge' };
      return {
        kind: 'fail',
        failure: { kind: 'final' },
        error: callers ?? (patience.isBodySlow(now) ? BODY_SLOW : REQUEST_TIMEOUT),
      };
    case 'responding':
      return respondingOverdue(patience, now);
    case 'choosing':
    case 'responded':
    case 'over':
      return { kind: 'nothing' };
  }
}

function respondingOverdue(patience: Patience, now: number): Overdue {
  const error = patience.callOverdue(now);
  if (error !== undefined || !patience.isHeld) return { kind: 'break', error: error ?? STILL };
  return patience.stillTakes(now) ? { kind: 'wait' } : { kind: 'break', error: CLIENT_SLOW };
}
