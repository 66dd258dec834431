import { backupLeaves, drillLeaves } from './backup.ts';
import { type Leaf, type LeafValue, leaves } from './leaf.ts';
import type {
  DatabaseSpec,
  EnvValue,
  ProbeSpec,
  ProbeTarget,
  RedisSpec,
  SeedSpec,
  ServiceMeaning,
  StartupProbeSpec,
} from './model.ts';
import { overrideLeaves } from './override-leaves.ts';
import { durationText, sizeText } from './quantities.ts';
import { rolloutLeaves } from './rollout-leaves.ts';
import { scaleLeaves } from './scale.ts';
import { telemetryLeaves } from './telemetry.ts';
import { templateText } from './template.ts';
import { trafficLeaves } from './traffic-leaves.ts';
import { volumeLeaves } from './volumes.ts';

/** Every effective value of a service, in the order of the reference. What is undefined has no leaf. */
export function leavesOf(spec: ServiceMeaning): readonly Leaf[] {
  const { run, api, health, scale } = spec;
  return [
    ...leaves([], { name: spec.name, language: spec.language }),
    ...leaves(['run'], { command: templateText(run.command), build: run.build, inputs: run.inputs }),
    ...Object.entries(run.env).flatMap(([name, value]) => envLeaves(name, value)),
    ...leaves(['run', 'resources'], { cpu: run.resources.cpu, memory: maybe(run.resources.memoryBytes, sizeText) }),
    ...leaves(['run', 'stop'], {
      grace: durationText(run.stopGraceMs),
      drain: durationText(run.drainMs),
      longLived: durationText(run.longLivedMs),
    }),
    ...leaves(['api'], {
      protocol: api.protocol,
      http2: api.http2,
      contract: api.contract,
      proxyProtocol: api.proxyProtocol,
      port: api.port,
    }),
    ...api.expose.flatMap((route, index) => leaves(['api', 'expose', index], { ...route })),
    ...leaves([], { uses: spec.uses }),
    ...databaseLeaves(spec.database),
    ...redisLeaves(spec.redis),
    ...volumeLeaves(spec.volumes),
    ...startupLeaves(health.startup),
    ...probeLeaves('ready', health.ready),
    ...probeLeaves('live', health.live),
    ...scaleLeaves(scale),
    ...rolloutLeaves(spec.rollout),
    ...trafficLeaves(['traffic'], spec.traffic),
    ...overrideLeaves(spec.traffic),
    ...leaves(['security'], { allow: spec.security.allow }),
    ...telemetryLeaves(spec.telemetry),
    ...leaves(['test'], { unit: spec.test.unit, smoke: spec.test.smoke }),
  ];
}

function envLeaves(name: string, value: EnvValue): readonly Leaf[] {
  if (value.kind === 'secret') return leaves(['run', 'env', name], { secret: value.secret });
  return leaves(['run', 'env'], { [name]: templateText(value.template) });
}

function redisLeaves(redis: RedisSpec | undefined): readonly Leaf[] {
  if (redis === undefined) return [];
  const { as, maxMemoryBytes, evict, backup, drill } = redis;
  return [
    ...leaves(['redis'], { as, maxMemory: sizeText(maxMemoryBytes), evict }),
    ...backupLeaves(['redis'], backup),
    ...drillLeaves(['redis'], drill),
  ];
}

function databaseLeaves(database: DatabaseSpec | undefined): readonly Leaf[] {
  if (database === undefined) return [];
  const kind =
    database.engine === 'external'
      ? leaves(['database', 'url'], { secret: database.url.secret })
      : leaves(['database'], { engine: database.engine });
  const { migrations, migrate, seed, settings } = database;
  const seeds = seed === undefined ? [] : leaves(['database', 'seed'], { [seed.kind]: seedText(seed) });
  const kept =
    database.engine === 'external'
      ? []
      : [...backupLeaves(['database'], database.backup), ...drillLeaves(['database'], database.drill)];
  return [
    ...kind,
    ...leaves(['database'], { migrations }),
    ...(migrate === undefined ? [] : leaves(['database', 'migrate'], { command: migrate.command })),
    ...leaves(['database'], {
      version: database.server?.version,
      binaries: database.server?.binaries,
      upgrade: database.upgrade,
      memory: maybe(database.limits?.memoryBytes, sizeText),
      connections: database.limits?.connections,
    }),
    ...leaves(['database', 'settings'], settings),
    ...seeds,
    ...kept,
  ];
}

function seedText(seed: SeedSpec): string {
  return seed.kind === 'folder' ? seed.folder : seed.command;
}

function startupLeaves(probe: StartupProbeSpec): readonly Leaf[] {
  return leaves(['health', 'startup'], {
    ...targetLeaf(probe.target),
    fastPeriod: durationText(probe.fastPeriodMs),
    fastFor: durationText(probe.fastForMs),
    period: durationText(probe.periodMs),
    timeout: durationText(probe.timeoutMs),
    deadline: durationText(probe.deadlineMs),
  });
}

function probeLeaves(name: string, probe: ProbeSpec | undefined): readonly Leaf[] {
  if (probe === undefined) return [];
  return leaves(['health', name], {
    ...targetLeaf(probe.target),
    period: durationText(probe.periodMs),
    timeout: durationText(probe.timeoutMs),
    fall: probe.fall,
    rise: probe.rise,
  });
}

function targetLeaf(target: ProbeTarget): Readonly<Record<string, LeafValue>> {
  switch (target.kind) {
    case 'http':
      return { http: target.path };
    case 'tcp':
      return { tcp: true };
    case 'grpc':
      return { grpc: target.service };
    case 'exec':
      return { exec: target.command };
  }
}

function maybe(value: number | undefined, text: (value: number) => string): string | undefined {
  return value === undefined ? undefined : text(value);
}
