import type { Desired, InstanceId, Observed, ObservedInstance, ObservedService, Split, Step } from './model.ts';

/** The inputs of one call of `plan`, passed along whole. */
export interface Turn {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly now: number;
}

/** What is decided about one service: its steps, and which of its instances take traffic. */
export interface Decision {
  readonly steps: readonly Step[];
  readonly endpoints: readonly InstanceId[];
  /** Which take it only where none of those is there. */
  readonly warm: readonly InstanceId[];
  /** Undefined: requests go to all of them alike. */
  readonly split: Split | undefined;
}

/** Whom a wait is for that concerns no service; no service can have this name. */
export const PROXY = '(proxy)';

/** What is told to stop is stopping, though nobody has seen it yet: there is no taking that back. */
export function seenOf(name: string, { services, held }: Observed): ObservedService {
  const seen = services[name] ?? unseen(name);
  const isLeaving = ({ id }: ObservedInstance) => held[`stop ${id}`]?.kind === 'running';
  if (!seen.instances.some(isLeaving)) return seen;
  const instances = seen.instances.map((instance): ObservedInstance => {
    const { state } = instance;
    const stops = state.kind !== 'exited' && state.kind !== 'stopping' && isLeaving(instance);
    return stops ? { ...instance, state: { kind: 'stopping', since: state.since } } : instance;
  });
  return { ...seen, instances };
}

export function unseen(name: string): ObservedService {
  return {
    name,
    built: [],
    store: { kind: 'none' },
    migrated: [],
    contracts: [],
    instances: [],
    stable: undefined,
    promotedAt: 0,
    fallback: undefined,
    progress: undefined,
    evidence: undefined,
    failed: {},
    hasFiles: false,
  };
}
