import { systemDefault } from './defaults.ts';
import type { LeafValue } from './leaf.ts';
import { leavesOf } from './leaves.ts';
import type { Origin, Place, ServiceSpec, SystemSpec } from './model.ts';
import { systemLeaves } from './system-leaves.ts';

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

/** The same of what holds for the whole system. */
export function describeSystem(system: SystemSpec): readonly Described[] {
  return systemLeaves(system).map(({ path, value }) => ({ path, value, origin: systemOrigin(path, system) }));
}

function systemOrigin(path: string, system: SystemSpec): Origin {
  const place = systemPlace(path, system);
  return place === undefined ? { kind: 'default', ...systemDefault(path) } : { kind: 'file', place };
}

/** An environment's word comes before the system's, key by key; of some sections, as a whole. */
function systemPlace(path: string, { environment, written }: SystemSpec): Place | undefined {
  const overlay = `environments.${environment}`;
  const whole = WHOLE.find((section) => path === section || path.startsWith(`${section}.`));
  const isTheirs = whole !== undefined && written.has(`${overlay}.${whole}`);
  return written.get(`${overlay}.${path}`) ?? (isTheirs ? undefined : written.get(path));
}

const WHOLE = ['gateway.tls', 'gateway.proxyProtocol', 'gateway.identity'] as const;
