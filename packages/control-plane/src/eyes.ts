import type {
  ComputeDriver,
  ComputeObservation,
  DataDriver,
  StoreObservation,
  TrafficDriver,
  TrafficObservation,
} from '@islet/driver';
import type { Clock } from './clock.ts';
import { LOOK_MS, within } from './deadlines.ts';

export interface Sight<T> {
  readonly seen: T;
  readonly problem?: string;
}

export interface Drivers {
  readonly compute: ComputeDriver;
  readonly traffic: TrafficDriver;
  readonly data: readonly DataDriver[];
  readonly clock: Clock;
}

export interface Eyes {
  readonly compute: () => Promise<Sight<ComputeObservation>>;
  readonly traffic: () => Promise<Sight<TrafficObservation>>;
  /** In the order of the drivers. */
  readonly data: readonly (() => Promise<Sight<Readonly<Record<string, StoreObservation>>>>)[];
}

/**
 * One driver that fails to look, or does not answer, must not keep traffic from following what the others see: what it
 * saw last stands until it sees again. What it has never seen can't be guessed: then there is no turn.
 */
export function openEyes({ compute, traffic, data, clock }: Drivers): Eyes {
  return {
    compute: lasting('the processes', { observe: () => compute.observe(), clock }),
    traffic: () =>
      look('the proxy', { observe: () => traffic.observe(), clock }).then(
        (seen) => ({ seen }),
        (error: Error) => ({ seen: { kind: 'unreachable', reason: error.message } as const }),
      ),
    data: data.map((driver) => lasting(`the ${driver.engine} stores`, { observe: () => driver.observe(), clock })),
  };
}

interface Looking<T> {
  readonly observe: () => Promise<T>;
  readonly clock: Clock;
}

function lasting<T>(what: string, looking: Looking<T>): () => Promise<Sight<T>> {
  let last: T | undefined;
  return () =>
    look(what, looking).then(
      (seen) => {
        last = seen;
        return { seen };
      },
      (error: Error) => {
        if (last === undefined) throw error;
        return { seen: last, problem: `${what} can't be observed: ${error.message}` };
      },
    );
}

function look<T>(what: string, { observe, clock }: Looking<T>): Promise<T> {
  return within({ clock, afterMs: LOOK_MS, what: `looking at ${what}` }, observe);
}
