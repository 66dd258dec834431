import { serviceDefault } from './defaults.ts';
import type { StoreLimitsSpec, StoreServerSpec } from './model.ts';
import { sizeBytes } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';

type Database = NonNullable<ParsedService['database']>;

/** Optional in the schema, since they are PostgreSQL's alone; the default is filled in here. */
export function storeLimitsOf({ engine, memory, connections }: Database): StoreLimitsSpec | undefined {
  if (engine !== 'postgres' && engine !== 'mariadb') return undefined;
  return {
    memoryBytes: memory ?? sizeBytes(String(serviceDefault('database.memory')?.value)),
    connections: connections ?? Number(serviceDefault('database.connections')?.value),
  };
}

export function storeServerOf({ engine, version, binaries }: Database): StoreServerSpec | undefined {
  if (engine !== 'postgres') return undefined;
  return { version, binaries: binaries ?? String(serviceDefault('database.binaries')?.value) };
}
