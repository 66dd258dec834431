import type { AcknowledgedRoutes, InstanceId, ObservedInstance, ObservedTraffic, Step } from './model.ts';
import type { Turn } from './turn.ts';

export interface Retiring {
  readonly name: string;
  readonly drainMs: number;
  readonly longLivedMs: number;
  readonly stopGraceMs: number;
}

/**
 * Acknowledged drain, level by level: an instance that is no longer wanted leaves the table (the caller leaves it out
 * of the endpoints, and of those that are warm); once the proxy has acknowledged that, and what is in flight has ended
 * or its deadline has passed, it is stopped. Requests have one deadline, tunnels and streams another: neither waits for
 * the other's. What has no process takes no requests, and is cleared away as soon as it is in no table.
 */
export function retire(service: Retiring, surplus: readonly ObservedInstance[], turn: Turn): { steps: Step[] } {
  return { steps: surplus.map((instance) => retireOne(service, instance, turn)) };
}

/** The same drain, and then nothing: what a person took out of traffic runs on. */
export function keepOut(service: Retiring, drained: readonly ObservedInstance[], turn: Turn): { steps: Step[] } {
  const steps = drained.map((instance): Step => {
    const step = retireOne(service, instance, turn);
    if (step.kind !== 'stop') return step;
    const why = `${instance.id} is out of traffic, as it was asked to`;
    return { kind: 'wait', service: service.name, why, until: undefined, rest: 'drained' };
  });
  return { steps };
}

function retireOne(service: Retiring, { id, state }: ObservedInstance, { observed, now }: Turn): Step {
  const { acknowledged } = observed.traffic;
  const publishing = observed.held.publish;
  const stop: Step = { kind: 'stop', service: service.name, instance: id, graceMs: service.stopGraceMs };
  const wait = (why: string, until?: number): Step => ({ kind: 'wait', service: service.name, why, until });

  // What looks dead may be alive by now: it would be ended in the middle of what it has been given since.
  if (observed.held[`start ${id}`]?.kind === 'running') return wait(`waits for the start of ${id} to end`);
  if (state.kind === 'stopping') return stop;
  // Also what looks dead: where the look is an old one, it may have been started again since.
  if (isIn(acknowledged, service, id)) return wait(`takes ${id} out of traffic`);
  if (state.kind === 'exited') return stop;
  if (acknowledged === undefined) return wait(`waits for the proxy before ${id} is stopped`);

  // A table that was on its way while everybody looked may be in use by now.
  const coming = publishing?.kind === 'running' && publishing.step.kind === 'publish' ? publishing.step : undefined;
  if (isIn(coming, service, id)) return wait(`takes ${id} out of traffic`);

  const waitedFor = inFlightTo(id, service, observed.traffic, now).filter(
    ({ count, until }) => count > 0 && now < until,
  );
  if (waitedFor.length === 0) return stop;
  const texts = waitedFor.map(({ count, text }) => `${count} ${text}`);
  return wait(`drains ${id}: ${texts.join(', ')}`, Math.min(...waitedFor.map(({ until }) => until)));
}

/** Whether it may be asked by this table, be it as the last resort. */
function isIn(
  table: Pick<AcknowledgedRoutes, 'endpoints' | 'warm'> | undefined,
  { name }: Retiring,
  id: InstanceId,
): boolean {
  return [table?.endpoints[name], table?.warm[name]].some((ids) => ids?.includes(id));
}

function inFlightTo(id: InstanceId, service: Retiring, traffic: ObservedTraffic, now: number) {
  const { inFlight, removedAt } = traffic;
  const since = removedAt[id] ?? now;
  const longLived = traffic.longLived[id] ?? 0;
  return [
    { count: (inFlight[id] ?? 0) - longLived, text: 'in flight', until: since + service.drainMs },
    { count: longLived, text: 'long-lived', until: since + service.longLivedMs },
  ];
}
