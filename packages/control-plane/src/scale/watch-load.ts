import type { InstanceId } from '@islet/plan';
import { type Clock, pause } from '../clock.ts';
import { type Load, loadOf, type Reading } from './load.ts';
import { type UsageReading, usedBy } from './signals.ts';

export interface Eyes {
  readonly clock: Clock;
  readonly edges: () => Promise<Reading['edges']>;
  readonly usage: () => Promise<UsageReading['usage']>;
  /** Instances that take requests. */
  readonly ready: () => readonly InstanceId[];
}

/** What a service did in one stretch of time. */
export interface Stretch {
  readonly load: Load;
  /** Cores in use by all of its instances; undefined: not all of them were measured. */
  readonly cores: number | undefined;
}

export interface Watched {
  readonly whole: Stretch;
  readonly first: Stretch;
  readonly second: Stretch;
  readonly instances: number;
}

/** Undefined: other instances were there at its end than at its beginning, or none. Throws where it can't be looked. */
export async function watchLoad(service: string, overMs: number, eyes: Eyes): Promise<Watched | undefined> {
  const before = await look(eyes);
  await pause(eyes.clock, overMs / 2);
  const middle = await look(eyes);
  await pause(eyes.clock, overMs / 2);
  const after = await look(eyes);
  const ids = before.ready.toSorted().join();
  if (ids === '' || [middle, after].some(({ ready }) => ready.toSorted().join() !== ids)) return undefined;
  const [whole, first, second] = [
    stretch(service, before, after),
    stretch(service, before, middle),
    stretch(service, middle, after),
  ];
  if (whole === undefined || first === undefined || second === undefined) return undefined;
  return { whole, first, second, instances: before.ready.length };
}

interface Glance {
  readonly reading: Reading;
  readonly usage: UsageReading;
  readonly ready: readonly InstanceId[];
}

async function look({ clock, edges, usage, ready }: Eyes): Promise<Glance> {
  const [reading, used] = await Promise.all([
    edges().then((told) => ({ edges: told, at: clock.now() })),
    usage().then((told) => ({ usage: told, at: clock.now() })),
  ]);
  return { reading, usage: used, ready: ready() };
}

/** Undefined: the clock was put back. */
function stretch(service: string, from: Glance, to: Glance): Stretch | undefined {
  const load = loadOf(service, from.reading, to.reading);
  if (load === undefined) return undefined;
  const used = usedBy(from.ready, from.usage, to.usage);
  const isWhole = used !== undefined && used.length === from.ready.length;
  return { load, cores: isWhole ? used.reduce((sum, { cpu }) => sum + cpu, 0) : undefined };
}
