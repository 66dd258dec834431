import { DriverError, type StoreConnection } from '@islet/driver';
import { type EnvValue, type Reference, type Template, volumeVariable } from '@islet/spec';
import { instrumented } from './instruments.ts';
import type { LaunchSpec } from './store/applied.ts';

/** All that references may stand for, for one instance. */
export interface InstanceFacts {
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
  readonly host: string;
  readonly port: number;
  readonly database: StoreConnection | undefined;
  /** Connections that its pool may open to the database; undefined: there is no limit to share. */
  readonly poolMax: number | undefined;
  readonly redis: StoreConnection | undefined;
  /** Where each volume is, by its name. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Where this service reaches each of its `uses`. */
  readonly edges: Readonly<Record<string, { readonly host: string; readonly port: number; readonly protocol: string }>>;
  readonly secret: (name: string) => string | undefined;
  readonly path: string;
  /** Where to send telemetry, and as whom. */
  readonly telemetry: Readonly<Record<string, string>>;
  readonly system: string;
  /** What its runtime is told so that it traces the service. */
  readonly instrument: Readonly<Record<string, string>>;
}

/** The environment of one instance; the driver adds its home and user. What the file says wins. */
export function environmentOf(spec: LaunchSpec, facts: InstanceFacts): Record<string, string> {
  const own = Object.entries(spec.run.env).map(([name, value]) => [name, effectiveValue(value, facts)]);
  const env = { ...platformEnvironment(facts), ...marking(spec), ...Object.fromEntries(own) };
  // A revision that an older Islet asked for says nothing of it.
  return spec.telemetry?.instrument === false ? env : instrumented(env, facts.instrument);
}

/** Its runtime marks what the service prints, unless it is told not to. */
function marking({ telemetry }: LaunchSpec): Record<string, string> {
  return telemetry?.logs.correlate === false ? { ISLET_MARK_CONSOLE: 'off' } : {};
}

export function commandOf(spec: LaunchSpec, facts: InstanceFacts): string {
  return render(spec.run.command, facts);
}

function platformEnvironment(facts: InstanceFacts): Record<string, string> {
  return {
    PATH: facts.path,
    LANG: 'C.UTF-8',
    PORT: String(facts.port),
    HOST: facts.host,
    ISLET_SYSTEM: facts.system,
    ISLET_SERVICE: facts.service,
    ISLET_INSTANCE: facts.instance,
    ISLET_REVISION: facts.revision,
    OTEL_SERVICE_NAME: facts.service,
    OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${facts.instance},service.version=${facts.revision},service.namespace=${facts.system}`,
    ...facts.telemetry,
    ...databaseEnvironment(facts.database),
    ...(facts.poolMax !== undefined && { DATABASE_POOL_MAX: String(facts.poolMax) }),
    ...(facts.redis && { REDIS_URL: facts.redis.url }),
    ...Object.fromEntries(Object.entries(facts.volumes).map(([name, path]) => [volumeVariable(name), path])),
    ...edgeEnvironment(facts),
  };
}

function databaseEnvironment(database: StoreConnection | undefined): Record<string, string> {
  if (database === undefined) return {};
  return {
    DATABASE_URL: database.url,
    ...(database.path === undefined ? {} : { DATABASE_PATH: database.path }),
  };
}

function edgeEnvironment({ edges }: InstanceFacts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(edges).flatMap(([name, { host, port, protocol }]) => {
      const prefix = name.toUpperCase().replaceAll('-', '_');
      return [
        [`${prefix}_URL`, urlOf({ host, port, protocol })],
        [`${prefix}_ADDRESS`, `${host}:${port}`],
      ];
    }),
  );
}

function effectiveValue(value: EnvValue, facts: InstanceFacts): string {
  return value.kind === 'secret' ? secretOf(value.secret, facts) : render(value.template, facts);
}

/** One that was removed since must not become an empty value: an older revision would start without it, and seem well. */
function secretOf(name: string, { secret }: InstanceFacts): string {
  const value = secret(name);
  if (value !== undefined) return value;
  throw new DriverError('refused', `the secret ${name} has no value`, { hint: `islet secret set ${name}` });
}

function render(template: Template, facts: InstanceFacts): string {
  return template.map((part) => (typeof part === 'string' ? part : resolve(part, facts))).join('');
}

function resolve(reference: Reference, facts: InstanceFacts): string {
  switch (reference.kind) {
    case 'own':
      return String(facts[reference.name]);
    case 'database':
      return String(facts.database?.[reference.part] ?? '');
    case 'redis':
      return String(facts.redis?.[reference.part] ?? '');
    case 'volumes':
      return facts.volumes[reference.name] ?? '';
    case 'uses': {
      const edge = facts.edges[reference.service];
      if (edge === undefined) return '';
      if (reference.part === 'url') return urlOf(edge);
      return reference.part === 'address' ? `${edge.host}:${edge.port}` : String(edge[reference.part]);
    }
  }
}

function urlOf({ host, port, protocol }: { host: string; port: number; protocol: string }): string {
  return `${protocol === 'tcp' ? 'tcp' : 'http'}://${host}:${port}`;
}
