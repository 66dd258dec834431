import type { ComputeInstance } from '@islet/driver';
import type { InstanceId, InstanceState, ObservedInstance } from '@islet/plan';
import type { Ledger } from './ledger.ts';
import type { Prober } from './probe/prober.ts';

export interface InstanceSenses {
  readonly ledger: Pick<Ledger, 'note'>;
  readonly prober: Pick<Prober, 'state' | 'problem'>;
}

/** What each instance is taken for: by its process, its probes and its earlier ends. */
export interface ObservedInstances {
  see(instance: ComputeInstance, seen?: { readonly isBeingStopped: boolean }): ObservedInstance;
  /** Forgets instances that are no longer there. */
  keep(ids: ReadonlySet<InstanceId>): void;
}

export function observedInstances({ ledger, prober }: InstanceSenses): ObservedInstances {
  /** Why those that hang were given up: their end alone says no more than SIGKILL. */
  const hung = new Map<InstanceId, string>();
  /** The same of the process before: until the next one is ready, it is the best guess at what keeps that from it. */
  const hungBefore = new Map<InstanceId, string>();

  const noteOf = (id: InstanceId, state: InstanceState): InstanceState => {
    switch (state.kind) {
      case 'hung':
        hung.set(id, state.why);
        return state;
      case 'starting': {
        const why = hung.get(id) ?? hungBefore.get(id);
        hung.delete(id);
        if (why === undefined) return state;
        hungBefore.set(id, why);
        return { ...state, why: state.why ?? `the process before was killed, since ${why}` };
      }
      case 'ready':
      case 'unready':
        for (const notes of [hung, hungBefore]) notes.delete(id);
        return state;
      default:
        return state;
    }
  };

  const see: ObservedInstances['see'] = (instance, seen) => {
    const { id, revision, generation, index, firstStartedAt, process } = instance;
    const { exits, restartAt } = ledger.note(instance, seen);
    const about = { id, revision, generation, index, exits, firstStartedAt };
    if (process.kind === 'exited') {
      const why = process.how === 'SIGKILL' ? hung.get(id) : undefined;
      const how = why === undefined ? process.how : `killed, since ${why}`;
      return { ...about, state: { kind: 'exited', at: process.at, restartAt: restartAt ?? process.at, how } };
    }
    return { ...about, state: noteOf(id, stateOf(process, processKey(instance), prober)) };
  };
  return {
    see,
    keep: (ids) => {
      for (const notes of [hung, hungBefore]) {
        for (const id of notes.keys()) if (!ids.has(id)) notes.delete(id);
      }
    },
  };
}

/** One process of an instance: after a restart it has to prove itself anew. */
export function processKey({ id, process }: ComputeInstance): string {
  return process.kind === 'running' ? `${id} ${process.pid} ${process.startedAt}` : id;
}

function stateOf(
  process: Exclude<ComputeInstance['process'], { kind: 'exited' }>,
  key: string,
  prober: InstanceSenses['prober'],
): InstanceState {
  if (process.kind === 'stopping') return { kind: 'stopping', since: process.since };
  const [probed, why] = [prober.state(key), prober.problem(key)];
  if (probed === undefined || probed.kind === 'starting') return { kind: 'starting', since: process.startedAt, why };
  if (probed.kind === 'unready') return { kind: 'unready', since: probed.since, why };
  if (probed.kind === 'ready') return { kind: 'ready', since: probed.since };
  const cause = HUNG[probed.cause];
  const { startedAt } = process;
  return { kind: 'hung', startedAt, since: probed.at, why: why === undefined ? cause : `${cause}: ${why}` };
}

const HUNG = {
  startup: 'it did not answer its startup probe in time',
  liveness: 'it fails its liveness probe',
} as const;
