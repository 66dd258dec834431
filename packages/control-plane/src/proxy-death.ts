import type { TrafficObservation } from '@islet/driver';
import type { Clock } from './clock.ts';
import type { Decisions } from './store/decisions.ts';

/** Records each death of the proxy once, also when the control plane died with it and learns of it from the next proxy. */
export function noteProxyDeath(
  traffic: TrafficObservation,
  { decisions, clock }: { readonly decisions: Decisions; readonly clock: Clock },
): void {
  if (traffic.kind === 'unreachable' || traffic.lastDeath === undefined) return;
  const { startedAt: successor, lastDeath } = traffic;
  if (decisions.latest('proxy-died')?.successor === successor) return;
  decisions.record({ kind: 'proxy-died', inFlight: lastDeath.inFlight, successor }, clock.now());
}
