import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SharedMemory } from '../../src/shared/shared-states.ts';

/** What a crowd counts, each in a word of its own. */
export const TALLY = {
  ready: 0,
  go: 1,
  inside: 2,
  most: 3,
  entered: 4,
  drawn: 5,
  halfway: 6,
  retried: 7,
  probes: 8,
} as const;

export const NOW = 1_000_000;
export const RATE = { rps: 1, burst: 37, by: { kind: 'route' } } as const;

export interface CrowdData {
  readonly memory: SharedMemory;
  readonly lane: number;
  readonly tally: SharedArrayBuffer;
  readonly turns: number;
  readonly places: number;
}

export interface CrowdOptions {
  readonly memory: SharedMemory;
  readonly threads: number;
  readonly turns: number;
  readonly places: number;
}

/** Lets so many threads loose at once; returns what they have counted. */
export async function crowd({ threads, ...rest }: CrowdOptions): Promise<Readonly<Record<keyof typeof TALLY, number>>> {
  const tally = new SharedArrayBuffer(64);
  const counts = new Int32Array(tally);
  const workers = Array.from({ length: threads }, (_, index) => {
    const workerData: CrowdData = { ...rest, tally, lane: index + 1 };
    return new Worker(new URL('./crowd-main.ts', import.meta.url), { workerData });
  });
  const exits = workers.map((worker) => once(worker, 'exit'));
  const failed = Promise.race(workers.map((worker) => once(worker, 'error').then(([error]) => Promise.reject(error))));
  const ready = async () => {
    while (Atomics.load(counts, TALLY.ready) < threads) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await Promise.race([ready(), failed]);
  Atomics.store(counts, TALLY.go, 1);
  await Promise.race([Promise.all(exits), failed]);
  return Object.fromEntries(Object.entries(TALLY).map(([name, at]) => [name, Atomics.load(counts, at)])) as Readonly<
    Record<keyof typeof TALLY, number>
  >;
}
