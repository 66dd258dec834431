import type { ComputeInstance } from '@islet/driver';
import type { InstanceId } from '@islet/plan';
import { restartDelayMs } from '@islet/policy';
import type { Clock } from './clock.ts';
import { putOffUntil } from './put-off.ts';

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
 *
 * What a drill ends is no crash: it is started again at once, and speaks against nobody, however often one drills. And
 * what is being stopped has not ended by itself.
 */
export interface Ledger {
  note(instance: ComputeInstance, seen?: { readonly isBeingStopped: boolean }): Ends;
  /** Somebody asked for everything anew: what waits for its back-off is tried at once, and counted from now. */
  forgive(): void;
  /** Forgets instances that are no longer there. */
  keep(ids: ReadonlySet<InstanceId>): void;
}

export interface LedgerParts {
  readonly clock: Clock;
  /** It has ended by itself. */
  readonly onEnd: (instance: ComputeInstance, how: string, exits: number) => unknown;
  /** Tells the drill that made an instance end then from any other; undefined: none did. */
  readonly endedBy: (instance: ComputeInstance, at: number) => number | undefined;
  /** How many drills an instance has been through that may have ended it. */
  readonly drillsAt: (instance: ComputeInstance) => number;
}

export function createLedger({ clock, onEnd, endedBy, drillsAt }: LedgerParts): Ledger {
  const entries = new Map<InstanceId, Entry>();

  const note: Ledger['note'] = (instance, { isBeingStopped } = { isBeingStopped: false }) => {
    const entry = entries.get(instance.id) ?? firstEntry(instance, { endedBy, drillsAt });
    const next = isBeingStopped ? atRest(entry, instance) : advance(entry, instance);
    entries.set(instance.id, next);
    return next;
  };

  const advance = (entry: Entry, instance: ComputeInstance): Entry => {
    const { process } = instance;
    if (process.kind === 'exited') {
      if (entry.endedAt === process.at) return stillWaiting(entry);
      const ended = { startedAt: undefined, endedAt: process.at } as const;
      const drill = endedBy(instance, process.at);
      // The first end of it alone: should it then crash by itself, that counts.
      if (drill !== undefined && drill !== entry.drill)
        return stillWaiting({ ...entry, ...ended, drill, delayMs: 0, restartAt: process.at });
      const ran = entry.startedAt === undefined ? 0 : process.at - entry.startedAt;
      const exits = ran >= HEALTHY_MS ? 1 : entry.exits + 1;
      onEnd(instance, process.how, exits);
      const delayMs = restartDelayMs({ exits, dice: clock.dice });
      return stillWaiting({ ...entry, ...ended, exits, delayMs, restartAt: process.at + delayMs });
    }
    const startedAt = process.kind === 'running' ? process.startedAt : entry.startedAt;
    const healthy = startedAt !== undefined && clock.now() - startedAt >= HEALTHY_MS;
    return { ...entry, startedAt, restartAt: undefined, exits: healthy ? 0 : entry.exits };
  };

  const atRest = (entry: Entry, { process }: ComputeInstance): Entry =>
    process.kind === 'exited' ? { ...entry, startedAt: undefined, endedAt: process.at, restartAt: process.at } : entry;

  /** The clock may also have been put back while the machine was off. */
  const stillWaiting = ({ restartAt, ...entry }: Entry): Entry => {
    const wait = { mostMs: entry.delayMs, now: clock.now() };
    return { ...entry, restartAt: restartAt && putOffUntil(restartAt, wait) };
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
  /** How long it waits after its last end. */
  readonly delayMs: number;
  /** The drill that made it end last. */
  readonly drill: number | undefined;
}

function firstEntry(
  instance: ComputeInstance,
  { endedBy, drillsAt }: Pick<LedgerParts, 'endedBy' | 'drillsAt'>,
): Entry {
  const { starts, process } = instance;
  const hasEnded = process.kind !== 'exited' && starts > 1;
  const exits = hasEnded ? Math.max(0, starts - 1 - drillsAt(instance)) : 0;
  // What made an end just before it was started has had it.
  const drill = process.kind === 'running' ? endedBy(instance, process.startedAt) : undefined;
  return { exits, restartAt: undefined, startedAt: undefined, endedAt: undefined, delayMs: 0, drill };
}
