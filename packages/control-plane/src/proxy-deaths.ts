import type { ProxyState } from '@islet/proxy';
import type { Decisions } from './store/decisions.ts';

/**
 * A proxy that was killed took the requests inside it along: they are counted, by what its successor found. Each death is
 * recorded once, however often the successor tells of it.
 */
export function noteProxyDeath({ lastDeath, startedAt }: ProxyState, decisions: Decisions): void {
  if (lastDeath === undefined || decisions.has('proxy-died', startedAt)) return;
  decisions.record({ kind: 'proxy-died', inFlight: lastDeath.inFlight }, startedAt);
}
