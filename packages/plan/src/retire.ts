import type { ObservedInstance, Step } from './model.ts';
import type { Turn } from './turn.ts';

export interface Retiring {
  readonly name: string;
  readonly drainMs: number;
  readonly stopGraceMs: number;
}

/**
 * Acknowledged drain, level by level: an instance that is no longer wanted leaves the endpoints (the caller leaves it
 * out of them); once the proxy has acknowledged that, and its requests in flight have ended or the drain's deadline has
 * passed, it is stopped. What has no process takes no requests, and is cleared away at once.
 */
export function retire(service: Retiring, surplus: readonly ObservedInstance[], turn: Turn): { steps: Step[] } {
  return { steps: surplus.map((instance) => retireOne(service, instance, turn)) };
}

function retireOne(service: Retiring, { id, state }: ObservedInstance, { observed, now }: Turn): Step {
  const { acknowledged, inFlight, removedAt } = observed.traffic;
  const publishing = observed.held.publish;
  const stop: Step = { kind: 'stop', service: service.name, instance: id, graceMs: service.stopGraceMs };
  const wait = (why: string, until?: number): Step => ({ kind: 'wait', service: service.name, why, until });

  if (state.kind === 'exited' || state.kind === 'stopping') return stop;
  if (acknowledged === undefined) return wait(`waits for the proxy before ${id} is stopped`);
  if (acknowledged.endpoints[service.name]?.includes(id)) return wait(`takes ${id} out of traffic`);

  // A table that was on its way while everybody looked may be in use by now.
  const coming = publishing?.kind === 'running' && publishing.step.kind === 'publish' ? publishing.step.endpoints : {};
  if (coming[service.name]?.includes(id)) return wait(`takes ${id} out of traffic`);

  const requests = inFlight[id] ?? 0;
  const deadline = (removedAt[id] ?? now) + service.drainMs;
  if (requests === 0 || now >= deadline) return stop;
  return wait(`drains ${id}: ${requests} in flight`, deadline);
}
