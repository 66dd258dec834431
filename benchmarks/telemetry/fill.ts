import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Context } from '../context.ts';
import type { FillOrder } from './fill-main.ts';
import { recordsIn, type Stock } from './stock.ts';

const MAIN = fileURLToPath(new URL('./fill-main.ts', import.meta.url));
/** Not a measure of anything: a disk that takes so long is one that nobody can measure on. */
const DEADLINE_MS = 10 * 60_000;
const TOLD_EVERY_MS = 5_000;

/** Makes a store's segments, by as many threads as there are cores; returns how many rows there are. */
export async function fillStore(
  folder: string,
  stock: Stock,
  { progress, signal }: Pick<Context, 'progress' | 'signal'>,
): Promise<number> {
  const threads = Math.min(4, availableParallelism());
  const all = recordsIn(stock);
  let made = 0;
  const workers = Array.from({ length: threads }, (_, thread) => {
    const services = stock.services.flatMap((_, service) => (service % threads === thread ? [service] : []));
    const worker = new Worker(MAIN, { workerData: { folder, stock, services } satisfies FillOrder });
    worker.on('message', (rows: number) => {
      made += rows;
    });
    return worker;
  });
  const telling = setInterval(
    () => progress(`${(made / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} million records are on the disk`),
    TOLD_EVERY_MS,
  );
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    await Promise.all(workers.map((worker) => once(worker, 'exit', { signal: bounded })));
  } finally {
    clearInterval(telling);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return made;
}
