import type { AbsentService, Step } from './model.ts';
import { retire } from './retire.ts';
import { type Decision, seenOf, type Turn } from './turn.ts';

/** Callers go before what they call: an instance stops only when nothing that is also going still uses it. */
export function takeDown(service: AbsentService, turn: Turn): Decision {
  return { endpoints: [], warm: [], split: undefined, steps: stepsDown(service, turn) };
}

function stepsDown(service: AbsentService, turn: Turn): Step[] {
  const { name, purge } = service;
  const seen = seenOf(name, turn.observed);
  if (seen.instances.length > 0) {
    const callers = callersStillThere(name, turn);
    if (callers.length === 0) return retireUnrouted(service, turn);
    return [{ kind: 'wait', service: name, why: `waits for ${callers.join(', ')} to stop`, until: undefined }];
  }
  if (seen.store.kind === 'restoring') {
    if (service.forRestore) return [];
    return [
      { kind: 'wait', service: name, why: 'waits for the restore of its data to be called off', until: undefined },
    ];
  }
  if (seen.store.kind === 'ready' || seen.store.kind === 'starting') return [{ kind: 'stop-store', service: name }];
  return purge && seen.hasFiles ? [{ kind: 'purge', service: name }] : [];
}

function callersStillThere(name: string, { desired, observed }: Turn): string[] {
  return desired.services
    .filter((other) => other.kind === 'absent' && other.after.includes(name))
    .map((other) => other.name)
    .filter((other) => seenOf(other, observed).instances.length > 0);
}

/** A proxy that can't be reached carries nothing, and must not keep a system from going down. */
function retireUnrouted(service: AbsentService, turn: Turn): Step[] {
  const { observed } = turn;
  const acknowledged = observed.traffic.acknowledged ?? { routes: '', endpoints: {}, warm: {}, splits: {} };
  const reachable = { ...turn, observed: { ...observed, traffic: { ...observed.traffic, acknowledged } } };
  return retire(service, seenOf(service.name, observed).instances, reachable).steps;
}
