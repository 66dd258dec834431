import { ApiError } from '@islet/client';
import type { ComputeDriver, ComputeInstance } from '@islet/driver';
import type { InstanceId } from '@islet/plan';
import type { Fault } from '@islet/policy';
import type { Clock } from '../clock.ts';
import type { Journal } from '../journal.ts';
import { isPutOff, putOffUntil } from '../put-off.ts';
import type { Decisions } from '../store/decisions.ts';

/** Faults that the control plane itself carries out; each ends by itself. */
const DRILLS = ['kill', 'pause', 'slow', 'errors', 'partition', 'disk-full'] as const;
export type DrillKind = (typeof DRILLS)[number];

/** No fault lasts longer, whatever is asked and whatever the clock does. */
export const LONGEST_MS = 300_000;
/** How much later the answers of a slow instance come. */
const SLOW_BY_MS = 2_000;
/** An instance that was paused may be ended for it a little later, by whoever has just found out. */
const ENDED_WITHIN_MS = 10_000;
/** The kernel's clock and this process's are one, but read one after the other. */
const CLOCKS_APART_MS = 1_000;

export interface DrillBegun {
  readonly drill: DrillKind;
  readonly service: string;
  /** With `disk-full` it is the control plane's own state. */
  readonly instance: InstanceId;
  /** When the fault is over at the latest. */
  readonly until: number;
}

export interface Drills {
  /** Begins a fault at one instance. It is recorded first, so that whoever comes after this process ends it. */
  begin(asked: Omit<DrillBegun, 'until'> & { readonly forMs: number }): Promise<DrillBegun>;
  /** What the proxy is to do to a service's requests now; undefined: nothing. */
  faultOf(service: string): Fault | undefined;
  /** Tells the drill that made an instance end then from any other; undefined: none did. */
  endedBy(instance: Pick<ComputeInstance, 'id' | 'service'>, at: number): number | undefined;
  close(): void;
}

export interface DrillParts {
  readonly compute: Pick<ComputeDriver, 'suspend' | 'kill'>;
  readonly decisions: Decisions;
  readonly journal: Pick<Journal, 'add'>;
  /** Nothing can be written until it is disposed of. */
  readonly withholdSpace: () => Disposable;
  readonly clock: Clock;
  /** A fault of the routing table has begun or ended. */
  readonly onChange: () => void;
  readonly onTrouble: (error: Error) => void;
}

/**
 * A fault has its end from the beginning, kept where it can't be forgotten: the proxy has it in its table, and a suspended
 * instance is let go on by this process, or by the next one, which finds the record of it.
 */
export function createDrills({
  compute,
  decisions,
  journal,
  withholdSpace,
  clock,
  onChange,
  onTrouble,
}: DrillParts): Drills {
  const timers = new Set<Disposable>();
  let full: Disposable | undefined;

  const isUnderWay = ({ until }: Pick<DrillBegun, 'until'>) =>
    isPutOff(until, { mostMs: LONGEST_MS, now: clock.now() });

  const endAt = (drill: DrillBegun) => {
    const now = clock.now();
    const leftMs = Math.max(0, putOffUntil(drill.until, { mostMs: LONGEST_MS, now }) - now);
    timers.add(clock.after(leftMs, () => void end(drill).catch(onTrouble), { background: true }));
  };

  const end = async ({ drill, instance }: DrillBegun) => {
    if (drill === 'pause') await compute.suspend({ instance, suspended: false });
    if (drill === 'disk-full') freeSpace();
    onChange();
  };

  const act = async ({ drill, instance }: DrillBegun) => {
    if (drill === 'kill') await compute.kill({ instance }, { signal: AbortSignal.timeout(LONGEST_MS) });
    else if (drill === 'pause') await compute.suspend({ instance, suspended: true });
    else if (drill === 'disk-full') fillDisk();
  };

  const freeSpace = () => {
    full?.[Symbol.dispose]();
    full = undefined;
  };

  /** Something has to be written, so that it is seen that nothing can be. */
  const fillDisk = () => {
    full ??= withholdSpace();
    journal.add({ kind: 'note', text: 'a drill: nothing could be recorded for a while, as on a full disk' });
  };

  // What an earlier process began: over or not, it ends.
  for (const drill of decisions.drills()) endAt(drill);

  return {
    begin: async ({ drill, service, instance, forMs }) => {
      const now = clock.now();
      const isInTheWay = (one: Pick<DrillBegun, 'drill' | 'service'>) =>
        one.service === service || (drill === 'disk-full' && one.drill === drill);
      const before = decisions.drills().find((one) => isInTheWay(one) && isUnderWay(one));
      if (before !== undefined)
        throw new ApiError('conflict', `a drill of ${before.service} is under way: ${before.drill}`);
      // A killed instance is dead at once, and mended by whoever mends all of them.
      const lastsMs = drill === 'kill' ? 0 : Math.min(forMs, LONGEST_MS);
      const begun = { drill, service, instance, until: now + lastsMs };
      decisions.record({ kind: 'drill', ...begun }, now);
      endAt(begun);
      await act(begun);
      onChange();
      return begun;
    },
    faultOf: (service) => {
      const found = decisions.drills().find((one) => one.service === service);
      if (found === undefined || !isUnderWay(found)) return undefined;
      const { drill, instance, until } = found;
      if (drill === 'kill' || drill === 'pause' || drill === 'disk-full') return undefined;
      return { kind: drill, instance, percent: 100, delayMs: drill === 'slow' ? SLOW_BY_MS : 0, until };
    },
    endedBy: ({ id, service }, at) => {
      const found = decisions.drills().find((one) => one.service === service && one.instance === id);
      if (found === undefined || (found.drill !== 'kill' && found.drill !== 'pause')) return undefined;
      const { drill, until } = found;
      const from = until - (drill === 'pause' ? LONGEST_MS : CLOCKS_APART_MS);
      return at >= from && at <= until + ENDED_WITHIN_MS ? until : undefined;
    },
    close: () => {
      for (const timer of timers) timer[Symbol.dispose]();
      freeSpace();
    },
  };
}
