import type { TrafficObservation } from '@islet/driver';
import type { Journal } from './journal.ts';
import type { Decisions } from './store/decisions.ts';

/** Notes each death of the proxy once, also when the control plane died with it and learns of it from the next proxy. */
export function createProxyDeaths({ decisions, journal }: ProxyDeathParts): (traffic: TrafficObservation) => void {
  let noted: number | undefined;
  return (traffic) => {
    if (traffic.kind === 'unreachable' || traffic.lastDeath === undefined) return;
    const { startedAt: successor, lastDeath } = traffic;
    noted ??= decisions.latest('proxy-died')?.successor;
    if (noted === successor) return;
    noted = successor;
    journal.add({ kind: 'proxy-died', inFlight: lastDeath.inFlight, successor });
  };
}

export interface ProxyDeathParts {
  readonly decisions: Pick<Decisions, 'latest'>;
  readonly journal: Pick<Journal, 'add'>;
}
