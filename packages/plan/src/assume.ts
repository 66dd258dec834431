import type {
  AcknowledgedRoutes,
  Generation,
  InstanceId,
  Observed,
  ObservedInstance,
  ObservedService,
  ObservedTraffic,
  Step,
} from './model.ts';
import { seenOf } from './turn.ts';

/**
 * The world as it is after a step that succeeded at once. It is what `preview` shows, what the properties of `plan` are
 * checked against, and the simplest of the worlds that the simulator knows.
 */
export function assume(step: Step, observed: Observed, now: number): Observed {
  switch (step.kind) {
    case 'wait':
      return observed;
    case 'publish':
      return { ...observed, traffic: publish(step, observed.traffic, now) };
    case 'purge': {
      const { [step.service]: _gone, ...services } = observed.services;
      return { ...observed, services };
    }
    default: {
      const seen = seenOf(step.service, observed);
      return { ...observed, services: { ...observed.services, [step.service]: afterStep(step, seen, now) } };
    }
  }
}

type ServiceStep = Exclude<Step, { kind: 'wait' | 'publish' | 'purge' }>;

function afterStep(step: ServiceStep, seen: ObservedService, now: number): ObservedService {
  switch (step.kind) {
    case 'build':
      return { ...seen, built: [...seen.built, step.revision], hasFiles: true };
    case 'provision':
      return { ...seen, store: { kind: 'ready' }, hasFiles: true };
    case 'retire':
      return { ...seen, store: { kind: 'ready' } };
    case 'migrate':
      return { ...seen, migrated: [...seen.migrated, step.revision] };
    case 'contract':
      return { ...seen, contracts: seen.contracts.filter((revision) => revision !== step.revision) };
    case 'start':
      return { ...seen, instances: started(step, seen, now) };
    case 'kill':
      return {
        ...seen,
        instances: seen.instances.map((it) => (it.id === step.instance ? killed(it, step.why, now) : it)),
      };
    case 'stop':
      return { ...seen, instances: seen.instances.filter(({ id }) => id !== step.instance) };
    case 'advance': {
      const { generation, step: behind } = step;
      return { ...seen, progress: { generation, step: behind, since: now, paused: false } };
    }
    case 'sample':
      return { ...seen, evidence: seen.evidence && { ...seen.evidence, probes: 'sent', requests: step.requests } };
    case 'promote': {
      const { [step.generation]: _cleared, ...failed } = seen.failed;
      const stable = { revision: step.revision, generation: step.generation };
      return { ...seen, failed, stable, fallback: seen.stable, promotedAt: now };
    }
    case 'fail':
      return afterFailure(seen, step);
    case 'forget':
      return { ...seen, built: seen.built.filter((revision) => revision !== step.revision) };
    case 'stop-store':
      return { ...seen, store: { kind: 'stopped' } };
  }
}

/** Given up, a generation is nothing to go back to: what was promoted before it is. */
export function afterFailure(
  seen: ObservedService,
  { generation, reason }: { readonly generation: Generation; readonly reason: string },
): ObservedService {
  const failed = { ...seen.failed, [generation]: reason };
  return seen.stable?.generation === generation
    ? { ...seen, failed, stable: seen.fallback, fallback: undefined }
    : { ...seen, failed };
}

function started(step: Extract<Step, { kind: 'start' }>, seen: ObservedService, now: number): ObservedInstance[] {
  const before = seen.instances.find(({ id }) => id === step.instance);
  const instance: ObservedInstance = {
    id: step.instance,
    revision: step.revision,
    generation: step.generation,
    index: step.index,
    exits: before?.exits ?? 0,
    firstStartedAt: before?.firstStartedAt ?? now,
    state: { kind: 'ready', since: now },
  };
  const others = seen.instances.filter(({ id }) => id !== step.instance);
  return [...others, instance].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function killed(instance: ObservedInstance, how: string, now: number): ObservedInstance {
  return { ...instance, exits: instance.exits + 1, state: { kind: 'exited', at: now, restartAt: now, how } };
}

function publish(step: Extract<Step, { kind: 'publish' }>, traffic: ObservedTraffic, now: number): ObservedTraffic {
  const { kind: _publish, ...acknowledged } = step;
  const before = allIn(traffic.acknowledged);
  const after = new Set(allIn(acknowledged));
  const removed = before.filter((id) => !after.has(id));
  return {
    ...traffic,
    acknowledged,
    removedAt: { ...traffic.removedAt, ...Object.fromEntries(removed.map((id) => [id, now])) },
  };
}

function allIn(table: AcknowledgedRoutes | undefined): readonly InstanceId[] {
  return [table?.endpoints, table?.warm].flatMap((some) => Object.values(some ?? {}).flat());
}
