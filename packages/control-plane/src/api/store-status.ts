import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, ApiError } from '@islet/client';
import { type DataDriver, DriverError, type StoreMeasures } from '@islet/driver';
import { keptStores } from '../backup/kept-stores.ts';
import type { LaunchSpec } from '../store/applied.ts';
import type { System } from '../system.ts';
import { backupStatus } from './backup-status.ts';

type StoreStatus = Answer<'storeStatus'>[number];

/** Between two looks: a rate is what was done in between. */
const BETWEEN_MS = 1_000;
const MEASURE_MS = 5_000;

/** How each store of a service is: its database, and its Redis. */
export async function storeStatus(system: System, spec: LaunchSpec, signal: AbortSignal): Promise<StoreStatus[]> {
  const { hands } = system;
  const database = spec.database && hands.dataOf(spec);
  const redis = spec.redis && hands.driverOf('redis');
  const found = [...(database ? [['database', database] as const] : []), ...(redis ? [['redis', redis] as const] : [])];
  if (found.length === 0)
    throw new ApiError('conflict', `${spec.name} declares no store`, { hint: 'declare one: database: postgres' });
  const kept = keptStores(spec);
  const backups = backupStatus(system);
  const rpoOf = (kind: string) => {
    const id = kept.find((store) => store.kind === kind)?.id;
    const rpoMs = backups.find(({ service }) => service === id)?.rpoMs;
    return rpoMs === undefined ? {} : { rpoMs };
  };
  return Promise.all(
    found.map(async ([store, driver]) => ({
      store,
      engine: driver.engine,
      ...(await statusOf(driver, spec.name, { hands, signal })),
      ...rpoOf(store),
    })),
  );
}

type Known = Omit<StoreStatus, 'store' | 'engine' | 'rpoMs'>;

async function statusOf(
  driver: DataDriver,
  service: string,
  { hands, signal }: Pick<System, 'hands'> & { readonly signal: AbortSignal },
): Promise<Known> {
  const state = (await driver.observe())[service]?.kind ?? 'none';
  if (driver.measure === undefined) return { state, slow: [], why: 'nobody counts what it does' };
  if (state !== 'ready') return { state, slow: [] };
  const measure = () =>
    driver.measure?.({ service }, { signal: AbortSignal.any([signal, AbortSignal.timeout(MEASURE_MS)]) });
  try {
    const since = performance.now();
    const before = await measure();
    await pause(BETWEEN_MS, undefined, { signal });
    const after = await measure();
    if (before === undefined || after === undefined) return { state, slow: [] };
    return { state, ...told(before, after, performance.now() - since, hands.redact) };
  } catch (error) {
    signal.throwIfAborted();
    return { state, slow: [], why: hands.redact(DriverError.from(error).message) };
  }
}

function told(before: StoreMeasures, after: StoreMeasures, ms: number, redact: (text: string) => string) {
  const { version, programs, bytes, connections, commits, cacheHits, slow, file } = after;
  const done = commits === undefined || before.commits === undefined ? undefined : commits - before.commits;
  return {
    version,
    bytes,
    slow: slow.map(({ forMs, text }) => ({ forMs, text: redact(text) })),
    ...(programs === undefined ? {} : { programs }),
    ...(connections === undefined ? {} : { connections: { ...connections } }),
    // A server that was started anew in between has begun to count anew.
    ...(done === undefined || done < 0 ? {} : { commitsPerSecond: (done / ms) * 1000 }),
    ...(cacheHits === undefined ? {} : { cacheHits }),
    ...(file === undefined ? {} : { file: { ...file } }),
  };
}
