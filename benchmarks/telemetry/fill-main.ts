import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type RowOf, SCHEMAS, Shelf, type Signal } from '@islet/telemetry/measure';
import { rowsOf, type Stock } from './stock.ts';

/** A thread that makes the segments of some services, in the folder of a store that nobody has open. */
export interface FillOrder {
  readonly folder: string;
  readonly stock: Stock;
  /** By their numbers. */
  readonly services: readonly number[];
}

const { folder, stock, services } = workerData as FillOrder;
/** As the store's own. */
const BLOCK_ROWS = 16_384;
const KEEP = { keepMs: 30 * 24 * 60 * 60 * 1000, maxBytes: 2 ** 40 };

for (const service of services) {
  for (const [signal, make] of Object.entries(rowsOf(stock))) {
    fill(signal as Signal, service, make(service) as Iterable<RowOf[Signal]>);
  }
}

function fill<S extends Signal>(signal: S, service: number, rows: Iterable<RowOf[S]>): void {
  const name = stock.services[service] ?? '';
  const shelf = new Shelf<RowOf[S]>(
    { folder: join(folder, 'services', name, signal), signal, service: name },
    SCHEMAS[signal],
  );
  let block: RowOf[S][] = [];
  let first = 0;
  const put = () => {
    if (block.length === 0) return;
    shelf.put({ rows: block, first, last: first + block.length - 1 }, KEEP);
    parentPort?.postMessage(block.length);
    first += block.length;
    block = [];
  };
  for (const row of rows) {
    block.push(row);
    if (block.length >= BLOCK_ROWS) put();
  }
  put();
}
