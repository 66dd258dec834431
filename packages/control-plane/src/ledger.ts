import type { ComputeInstance } from '@islet/driver';
import type { InstanceId } from '@islet/plan';
import { restartDelayMs } from '@islet/policy';
import type { Clock } from './clock.ts';

/** An instance that ran for this long begins a new series of ends. Kubernetes resets CrashLoopBackOff after 10 min. */
const HEALTHY_MS = 600_000;

export interface Ends {
  /** Since it was last healthy for long. */
  readonly exits: number;
  /** When it may be started again; undefined: it runs. */
  readonly restartAt: number | undefined;
}

/**
 * How often each instance ended, and when it may be started again. It is learnt anew by a new control plane: of one
 * that runs, from how often it was started; of one that has ended, nothing is known but this end. So after a reboot all
 * are started at once, however often they ended in the months before.
 */
export interface Ledger {
  note(instance: ComputeInstance): Ends;
  /** Somebody asked for everything anew: what waits for its back-off is tried at once, and counted from now. */
  forgive(): void;
  /** Forgets instances that are no longer there. */
  keep(ids: ReadonlySet<InstanceId>): void;
}

export function createLedger(
  clock: Clock,
  onEnd: (instance: ComputeInstance, how: string, exits: number) => unknown,
): Ledger {
  const entries = new Map<InstanceId, Entry>();

  const note = (instance: ComputeInstance): Ends => {
    const entry = entries.get(instance.id) ?? firstEntry(instance);
    const next = advance(entry, instance);
    entries.set(instance.id, next);
    return next;
  };

  const advance = (entry: Entry, instance: ComputeInstance): Entry => {
    const { process } = instance;
    if (process.kind === 'exited') {
      if (entry.endedAt === process.at) return entry;
      const ran = entry.startedAt === undefined ? 0 : process.at - entry.startedAt;
      const exits = ran >= HEALTHY_MS ? 1 : entry.exits + 1;
      onEnd(instance, process.how, exits);
      const restartAt = process.at + restartDelayMs({ exits, dice: clock.dice });
      return { exits, restartAt, startedAt: undefined, endedAt: process.at };
    }
    const startedAt = process.kind === 'running' ? process.startedAt : entry.startedAt;
    const healthy = startedAt !== undefined && clock.now() - startedAt >= HEALTHY_MS;
    return { ...entry, startedAt, restartAt: undefined, exits: healthy ? 0 : entry.exits };
  };

  return {
    note,
    forgive: () => {
      for (const [id, entry] of entries)
        entries.set(id, { ...entry, exits: 0, restartAt: entry.restartAt && clock.now() });
    },
    keep: (ids) => {
      for (const id of entries.keys()) if (!ids.has(id)) entries.delete(id);
    },
  };
}

interface Entry extends Ends {
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

function firstEntry({ starts, process }: ComputeInstance): Entry {
  const exits = process.kind === 'exited' ? 0 : Math.max(0, starts - 1);
  return { exits, restartAt: undefined, startedAt: undefined, endedAt: undefined };
}
