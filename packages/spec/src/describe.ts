import type { LeafValue } from './leaf.ts';
import { leavesOf } from './leaves.ts';
import type { Origin, ServiceSpec } from './model.ts';

export interface Described {
  readonly path: string;
  readonly value: LeafValue;
  readonly origin: Origin;
}

/** Every effective value of a service, as it would be written, and where it comes from. */
export function describe(service: ServiceSpec): readonly Described[] {
  return leavesOf(service).map(({ path, value }) => {
    const origin = service.origins.get(path);
    if (origin === undefined) throw new Error(`no origin for ${path} of ${service.name}: the parser forgot it`);
    return { path, value, origin };
  });
}
