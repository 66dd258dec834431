import { join } from 'node:path';
import {
  type CommandPlace,
  type ComputeDriver,
  type ComputeInstance,
  type DataDriver,
  DriverError,
} from '@islet/driver';
import type { InstanceId, RevisionId } from '@islet/plan';
import type { Identity } from '@islet/telemetry';
import { edgeName } from './edges.ts';
import { environmentOf, type InstanceFacts } from './environment.ts';
import type { Instrument } from './instruments.ts';
import { mostAtOnce, poolShare } from './pool-share.ts';
import type { AppliedStore, LaunchSpec } from './store/applied.ts';
import type { Ports } from './store/ports.ts';
import type { Secrets } from './store/secrets.ts';

/** Every service listens on the loopback; the proxy is what others see. */
export const HOST = '127.0.0.1';

export interface FactSources {
  readonly applied: AppliedStore;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly dataOf: (spec: LaunchSpec) => DataDriver | undefined;
  readonly driverOf: (engine: DataDriver['engine'] | undefined) => DataDriver | undefined;
  /** `PATH` for a service: what its user can reach of the asker's. */
  readonly pathOf: (service: string) => Promise<string>;
  /** What an instance is given to send its telemetry by. */
  readonly telemetryOf: (identity: Identity) => Readonly<Record<string, string>>;
  /** Undefined: nothing is traced, as in a test of something else. */
  readonly instrument?: Instrument | undefined;
}

/** All that an instance is given, from the stores and drivers that know it. */
export async function gatherFacts(
  spec: LaunchSpec,
  identity: { readonly instance: InstanceId; readonly revision: RevisionId; readonly port: number },
  sources: FactSources,
): Promise<InstanceFacts> {
  const { applied, ports, secrets, dataOf, driverOf, pathOf, telemetryOf } = sources;
  const database = await dataOf(spec)?.connection({ service: spec.name });
  const wanted = applied.current()?.services.find((service) => service.spec.name === spec.name)?.instances;
  const redis = spec.redis && (await driverOf('redis')?.connection({ service: spec.name }));
  const files = spec.volumes && (await driverOf('files')?.connection({ service: spec.name }));
  const edges = spec.uses.map((name) => {
    const port = ports.get(edgeName(spec.name, name));
    if (port === undefined) throw new DriverError('internal', `the edge ${spec.name} → ${name} has no port`);
    return [name, { host: HOST, port, protocol: protocolOf(name, applied) }] as const;
  });
  return {
    ...identity,
    service: spec.name,
    host: HOST,
    database,
    poolMax:
      database?.maxConnections && poolShare({ connections: database.maxConnections, ...mostAtOnce(spec, wanted) }),
    redis,
    volumes: volumePaths(spec, files?.path),
    edges: Object.fromEntries(edges),
    secret: secrets.get,
    path: await pathOf(spec.name),
    telemetry: telemetryOf({ service: spec.name, instance: identity.instance, revision: identity.revision }),
    system: applied.current()?.system ?? '',
    instrument: (await sources.instrument?.(spec, identity.revision)) ?? {},
  };
}

/** Where each volume is, by its name. */
export function volumePaths({ volumes }: LaunchSpec, folder = ''): Readonly<Record<string, string>> {
  return Object.fromEntries((volumes?.folders ?? []).map((name) => [name, join(folder, name)]));
}

export type PlaceSources = FactSources & { readonly compute: ComputeDriver };

/** Where a command runs beside an instance, and what it is given there: as the instance itself. */
export async function placeOf(
  { id, service, revision, port }: Pick<ComputeInstance, 'id' | 'service' | 'revision' | 'port'>,
  spec: LaunchSpec,
  sources: PlaceSources,
): Promise<CommandPlace> {
  const { argv, cwd, env } = await sources.compute.commandFor({ service, instance: id });
  // It is the instance that is traced, and not each probe beside it.
  const facts = await gatherFacts(spec, { instance: id, revision, port }, { ...sources, instrument: undefined });
  return { argv, cwd, env: { ...environmentOf(spec, facts), ...env } };
}

function protocolOf(service: string, applied: AppliedStore): string {
  const found = applied.current()?.services.find(({ spec }) => spec.name === service);
  return found?.spec.api.protocol ?? 'http';
}
