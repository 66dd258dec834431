import { backupOf, drillOf } from './backup.ts';
import { withFiles } from './content.ts';
import { serviceDefault } from './defaults.ts';
import type { Draft, SoundDraft } from './draft.ts';
import { type Files, join } from './files.ts';
import { inferLanguage } from './language.ts';
import type { Leaf } from './leaf.ts';
import { leavesOf } from './leaves.ts';
import { nodeAt, pathText, replaceAt, writtenIn } from './located.ts';
import type {
  ApiSpec,
  DatabaseSpec,
  EnvValue,
  HealthSpec,
  Origin,
  ProbeTarget,
  RedisSpec,
  RunSpec,
  SeedSpec,
  ServiceSpec,
} from './model.ts';
import { type Layered, layeredOverrides, trafficOf } from './overrides.ts';
import { rolloutOf } from './rollout.ts';
import { scaleOf } from './scale.ts';
import type { ParsedService } from './schema/service.ts';
import type { ParsedPolicy } from './schema/traffic.ts';
import { scopeOf } from './service-rules.ts';
import { storeLimitsOf, storeServerOf } from './store-limits.ts';
import { telemetryOf } from './telemetry.ts';
import { parseTemplate } from './template.ts';
import { volumesOf } from './volumes.ts';

/** Values that follow from others, by path, with what they follow from. */
type Derived = Map<string, string>;

/** The service's specification, from a draft that breaks no rule. */
export function buildService(draft: SoundDraft, files: Files): ServiceSpec {
  const { parsed, name, folder, file } = draft;
  const derived: Derived = new Map();
  const volumes = volumesOf(parsed);
  const built = {
    name,
    folder,
    file,
    language: languageOf(draft, { files, derived }),
    run: runOf(draft),
    api: apiOf(parsed),
    uses: parsed.uses,
    database: databaseOf(parsed),
    redis: redisOf(parsed, derived),
    ...(volumes && { volumes }),
    health: healthOf(parsed, derived),
    scale: scaleOf(parsed),
    rollout: rolloutOf(parsed),
    traffic: withFiles(trafficOf(nodeAt(draft.tree, ['traffic']), parsed.traffic), (named) =>
      files.readText(join(folder, named)),
    ),
    security: { allow: parsed.security.allow },
    telemetry: telemetryOf(parsed),
    test: { unit: parsed.test.unit, smoke: parsed.test.smoke },
  };
  deriveRollout(parsed, derived);
  derived.set('database.backup', 'database.engine').set('database.drill', 'database.engine');
  derived.set('name', folder === '.' ? 'system' : 'folder').set('scale.max', 'scale.min');
  for (const [path, from] of derivedTraffic(parsed.traffic)) derived.set(path, from);
  const inherited = overridesByPlace(draft);
  const origins = leavesOf(built).map((leaf) => {
    return [leaf.path, inheritedOrigin(draft, leaf, inherited) ?? originOf(draft, leaf, derived)] as const;
  });
  return { ...built, origins: new Map(origins), written: new Map(writtenIn(draft.tree)) };
}

function derivedTraffic({ rateLimit }: ParsedPolicy): Derived {
  const bursts = [...rateLimit.keys()].map((index) => {
    return [`traffic.rateLimit[${index}].burst`, `traffic.rateLimit[${index}].rps`] as const;
  });
  return new Map([['traffic.timeout.perTry', 'traffic.timeout.request'], ...bursts]);
}

/**
 * A value of an override comes from its line, or from wherever the policy below has it. Undefined: it is of no
 * override.
 */
function inheritedOrigin(draft: Draft, { keys }: Leaf, overrides: ReadonlyMap<string, Layered>): Origin | undefined {
  const [section, ...below] = keys;
  if (section !== 'traffic' || (below[0] !== 'routes' && below[0] !== 'callers')) return undefined;
  // `callers.web.routes[0]` is an override of its own; `callers.web` and `routes[0]` are what else there is.
  const override = overrides.get(pathText(below.slice(0, 4))) ?? overrides.get(pathText(below.slice(0, 2)));
  if (override?.at === undefined) return undefined;
  const rest = below.slice(override.at.length);
  if (rest[0] === 'match') return undefined;
  const own = ['traffic', ...rest];
  const tree = replaceAt(draft.tree, ['traffic'], override.tree);
  const origin = originOf({ tree }, { path: pathText(own), keys: own }, derivedTraffic(override.parsed));
  if (origin.kind !== 'derived') return origin;
  return { kind: 'derived', from: origin.from.replace('traffic', pathText(['traffic', ...override.at])) };
}

/** Those that are written, by where. */
function overridesByPlace(draft: Draft): ReadonlyMap<string, Layered> {
  const written = layeredOverrides(nodeAt(draft.tree, ['traffic'])).filter(({ at }) => at !== undefined);
  return new Map(written.map((override) => [pathText(override.at ?? []), override]));
}

/** What the file says comes first, then what follows from something else, then the default. */
function originOf({ tree }: Pick<Draft, 'tree'>, { path, keys }: Omit<Leaf, 'value'>, derived: Derived): Origin {
  const node = nodeAt(tree, keys);
  if (node !== undefined) return { kind: 'file', place: node.place };
  const from = derived.get(path);
  if (from !== undefined) return { kind: 'derived', from };
  const known = serviceDefault(path);
  if (known === undefined) throw new Error(`${path} has a value, and nothing says where it comes from`);
  const { name, source } = known;
  return source === undefined ? { kind: 'default', name } : { kind: 'default', name, source };
}

function languageOf({ parsed, folder }: SoundDraft, { files, derived }: { files: Files; derived: Derived }) {
  if (parsed.language !== undefined) return parsed.language;
  const { language, from } = inferLanguage(files, { folder, command: parsed.run.command });
  derived.set('language', from);
  return language;
}

function runOf({ parsed, tree }: SoundDraft): RunSpec {
  const { run } = parsed;
  const env = Object.entries(run.env).map(([name, value]): [string, EnvValue] => {
    if (typeof value === 'object') return [name, { kind: 'secret', secret: value.secret }];
    // As written: `1.10` is no number of any kind to whoever reads it.
    const node = nodeAt(tree, ['run', 'env', name]);
    const text = node?.kind === 'scalar' ? node.text : String(value);
    return [name, { kind: 'template', template: parseTemplate(text, scopeOf(parsed, { isCommand: false })).template }];
  });
  return {
    command: parseTemplate(run.command, scopeOf(parsed, { isCommand: true })).template,
    build: run.build,
    inputs: run.inputs,
    env: Object.fromEntries(env),
    resources: { cpu: run.resources.cpu, memoryBytes: run.resources.memory },
    stopGraceMs: run.stop.grace,
    drainMs: run.stop.drain,
    longLivedMs: run.stop.longLived,
  };
}

function apiOf({ api }: ParsedService): ApiSpec {
  const expose = api.expose.map(({ host, path, strip }) => ({ host, path, strip }));
  const told = api.proxyProtocol === undefined ? {} : { proxyProtocol: api.proxyProtocol };
  const spoken = api.http2 === undefined ? {} : { http2: api.http2 };
  return { protocol: api.protocol, ...spoken, contract: api.contract, expose, ...told, port: api.port };
}

function databaseOf({ database }: ParsedService): DatabaseSpec | undefined {
  if (database === undefined) return undefined;
  const { engine, url, migrations, migrate, backup, drill } = database;
  const [limits, server] = [storeLimitsOf(database), storeServerOf(database)];
  const common = {
    migrations,
    migrate,
    seed: seedOf(database),
    settings: settingsOf(database),
    ...(limits && { limits }),
    ...(server && { server }),
    ...(database.upgrade && { upgrade: database.upgrade }),
  };
  if (engine !== undefined) return { engine, ...common, backup: backupOf(backup), drill: drillOf(drill) };
  return url === undefined ? undefined : { engine: 'external', url: { secret: url.secret }, ...common };
}

function redisOf({ redis }: ParsedService, derived: Derived): RedisSpec | undefined {
  if (redis === undefined) return undefined;
  derived.set('redis.evict', 'redis.as');
  const evict = redis.evict ?? (redis.as === 'cache' ? 'allkeys-lru' : 'noeviction');
  const common = { as: redis.as, maxMemoryBytes: redis.maxMemory, evict };
  derived.set('redis.backup', 'redis.as').set('redis.drill', 'redis.as');
  if (redis.as === 'cache') return { ...common, backup: undefined, drill: undefined };
  return { ...common, backup: backupOf(redis.backup), drill: drillOf(redis.drill) };
}

function settingsOf({
  engine,
  settings = {},
}: NonNullable<ParsedService['database']>): Readonly<Record<string, string>> {
  if (engine !== 'postgres' && engine !== 'mariadb') return {};
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
}

function seedOf({ seed }: NonNullable<ParsedService['database']>): SeedSpec | undefined {
  if (seed?.folder !== undefined) return { kind: 'folder', folder: seed.folder };
  return seed?.command === undefined ? undefined : { kind: 'command', command: seed.command };
}

function healthOf({ health, api }: ParsedService, derived: Derived): HealthSpec {
  const byProtocol: ProbeTarget = api.protocol === 'grpc' ? { kind: 'grpc', service: '' } : { kind: 'tcp' };
  const ready = targetOf(health.ready) ?? byProtocol;
  const startup = targetOf(health.startup) ?? ready;
  derived.set(`health.ready.${ready.kind}`, 'api.protocol').set(`health.startup.${startup.kind}`, 'health.ready');
  const live = health.live && targetOf(health.live);
  return {
    startup: {
      target: startup,
      fastPeriodMs: health.startup.fastPeriod,
      fastForMs: health.startup.fastFor,
      periodMs: health.startup.period,
      timeoutMs: health.startup.timeout,
      deadlineMs: health.startup.deadline,
    },
    ready: { target: ready, ...paceOf(health.ready) },
    live: health.live === undefined || live === undefined ? undefined : { target: live, ...paceOf(health.live) },
  };
}

type Targets = {
  http?: string | undefined;
  tcp?: true | undefined;
  grpc?: string | undefined;
  exec?: string | undefined;
};

function targetOf({ http, tcp, grpc, exec }: Targets): ProbeTarget | undefined {
  if (http !== undefined) return { kind: 'http', path: http };
  if (tcp !== undefined) return { kind: 'tcp' };
  if (grpc !== undefined) return { kind: 'grpc', service: grpc };
  return exec === undefined ? undefined : { kind: 'exec', command: exec };
}

function paceOf({ period, timeout, fall, rise }: { period: number; timeout: number; fall: number; rise: number }) {
  return { periodMs: period, timeoutMs: timeout, fall, rise };
}

/** What of a rollout follows from a fixed port, or from the strategy. */
function deriveRollout({ rollout, api }: ParsedService, derived: Derived): void {
  if (api.port === undefined && rollout.strategy !== 'recreate') return;
  if (api.port !== undefined) derived.set('rollout.strategy', 'api.port');
  derived.set('rollout.maxSurge', 'rollout.strategy').set('rollout.maxUnavailable', 'rollout.strategy');
}
