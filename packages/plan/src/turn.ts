import type { Desired, InstanceId, Observed, ObservedService, Split, Step } from './model.ts';

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
  /** Undefined: requests go to all of them alike. */
  readonly split: Split | undefined;
}

/** Whom a wait is for that concerns no service; no service can have this name. */
export const PROXY = '(proxy)';

export function seenOf(name: string, { services }: Observed): ObservedService {
  return services[name] ?? unseen(name);
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
