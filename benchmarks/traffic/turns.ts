import type { Context } from '../context.ts';
import { interleave } from '../measure/interleave.ts';
import type { Contender, Spoken } from './contender.ts';
import type { TrafficRig } from './rig.ts';
import type { Server } from './server.ts';

export interface Turns<T> {
  readonly contenders: readonly Contender[];
  readonly spoken: Spoken;
  /** Until what compiles as it runs is compiled. */
  readonly warm: (server: Server, contender: Contender) => Promise<unknown>;
  readonly measure: (server: Server, contender: Contender) => Promise<T>;
}

/**
 * Starts all contenders, and measures them in turns: one that waits for its turn costs the others nothing. They are started
 * anew some times, because how a program comes to lie in memory makes it quicker or slower for as long as it lives.
 */
export async function inTurns<T>(
  { times }: Context,
  rig: TrafficRig,
  { contenders, spoken, warm, measure }: Turns<T>,
): Promise<Readonly<Record<string, readonly T[]>>> {
  const all: Record<string, readonly T[]> = {};
  for (let start = 0; start < times(2, 1); start += 1) {
    await using servers = new AsyncDisposableStack();
    const runs: Record<string, () => Promise<T>> = {};
    for (const contender of contenders) {
      const server = servers.use(await rig.start(contender, spoken));
      await warm(server, contender);
      runs[contender.name] = () => measure(server, contender);
    }
    const measured = await interleave(times(5, 3), runs);
    for (const [name, results] of Object.entries(measured)) all[name] = [...(all[name] ?? []), ...results];
  }
  return all;
}
