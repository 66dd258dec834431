import { check } from './check.ts';
import type { SpecError } from './errors.ts';
import type { Files } from './files.ts';
import { locate } from './locate.ts';
import { keyPlaceAt, type Located, mapOf, nodeAt, type Path, pathText, plainOf, scalar } from './located.ts';
import type {
  ForwardSpec,
  GatewaySpec,
  IdentitySpec,
  MachineSpec,
  OffMachineSpec,
  Place,
  SystemTelemetrySpec,
  TlsSpec,
} from './model.ts';
import { oneOf } from './nearest.ts';
import { own } from './own.ts';
import { islet, type ParsedIslet } from './schema/islet.ts';
import { SERVICE_KEYS, systemTelemetry } from './schema/system-telemetry.ts';
import { telemetry as serviceTelemetry } from './schema/telemetry.ts';
import { lift, overlay } from './schema/walk.ts';
import { telemetryOf } from './telemetry.ts';

export const ISLET_FILE = 'islet.yaml';

/** `islet.yaml` as read: what is sound of it, and the trees that overlay the services' files. */
export interface IsletFile {
  readonly parsed: ParsedIslet | undefined;
  readonly tree: Located;
  readonly errors: readonly SpecError[];
}

export function readIslet(files: Files): IsletFile {
  const text = files.readText(ISLET_FILE);
  const start: Place = { file: ISLET_FILE, line: 1, column: 1 };
  if (text === undefined) {
    const tree: Located = { kind: 'map', place: start, entries: new Map() };
    return { parsed: undefined, tree, errors: [unreadable(files, start)] };
  }
  const located = locate(ISLET_FILE, text);
  if (located.broken) return { parsed: undefined, tree: located.root, errors: located.errors };
  const standIns = {
    '': { kind: 'map', place: start, entries: new Map() },
    system: scalar('unnamed', start),
  } as const;
  const pathOf = (_: Place, path: Path) => pathText(path);
  const checked = check(islet, { schema: islet, tree: lift(islet, located.root), pathOf, standIns });
  return { parsed: checked.value, tree: checked.tree, errors: [...located.errors, ...checked.errors] };
}

function unreadable(files: Files, place: Place): SpecError {
  const isThere = files.kind(ISLET_FILE) !== undefined;
  return {
    place,
    path: '',
    rule: 'missing-file',
    message: isThere ? "islet.yaml can't be read" : 'there is no islet.yaml in this folder',
    found: undefined,
    hint: isThere ? 'check its permissions' : 'run "islet init" to write one, or name the system\'s folder',
  };
}

/** The environment asked for must be declared. */
export function environmentErrors(file: IsletFile, environment: string | undefined): readonly SpecError[] {
  const declared = file.parsed?.environments;
  if (environment === undefined || declared === undefined || Object.hasOwn(declared, environment)) return [];
  const names = Object.keys(declared);
  return [
    {
      place: keyPlaceAt(file.tree, ['environments']),
      path: 'environments',
      rule: 'unknown-environment',
      message: `there is no environment "${environment}"`,
      found: environment,
      hint: oneOf(environment, names) ?? 'islet.yaml declares none; leave --env out, or declare it',
    },
  ];
}

/** What an environment lays over one service's file. */
export function overlayOf(file: IsletFile, environment: string, service: string): Located | undefined {
  return nodeAt(file.tree, ['environments', environment, 'services', service]);
}

export function gatewayIn(parsed: ParsedIslet, environment: string | undefined): GatewaySpec {
  const overlay = environment === undefined ? undefined : own(parsed.environments, environment)?.gateway;
  const { host, port, workers, tls } = parsed.gateway;
  const identity = overlay?.identity ?? parsed.gateway.identity;
  const proxyProtocol = overlay?.proxyProtocol ?? parsed.gateway.proxyProtocol;
  return {
    ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    ...(identity === undefined ? {} : { identity: identityOf(identity) }),
    host: overlay?.host ?? host,
    port: overlay?.port ?? port,
    workers: overlay?.workers ?? workers,
    tls: tlsOf(overlay?.tls ?? tls, { isInherited: environment !== undefined && overlay?.tls === undefined }),
  };
}

function identityOf({ issuer, audience, jwks }: NonNullable<ParsedIslet['gateway']['identity']>): IdentitySpec {
  const keys = /^https?:/.test(jwks) ? ({ kind: 'url', url: jwks } as const) : ({ kind: 'file', file: jwks } as const);
  return { issuer, audience, keys };
}

function tlsOf(
  tls: ParsedIslet['gateway']['tls'],
  development: NonNullable<TlsSpec['development']>,
): TlsSpec | undefined {
  if (tls === undefined) return undefined;
  const { certificates, redirect, httpPort } = tls;
  if (certificates === 'dev') return { certificates: [], development, redirect, httpPort };
  return { certificates, redirect, httpPort };
}

export function offMachineIn({ backup }: ParsedIslet): OffMachineSpec | undefined {
  if (backup === undefined) return undefined;
  const { to, endpoint, region, accessKey, secretKey } = backup;
  const [bucket = '', ...folders] = to.slice('s3://'.length).split('/');
  return { bucket, prefix: folders.join('/'), endpoint, region, accessKey, secretKey };
}

/** An environment's own come in place of the system's, each as a whole. */
export function telemetryIn(file: IsletFile & { readonly parsed: ParsedIslet }, environment: string | undefined) {
  const { telemetry, environments } = file.parsed;
  const overlay = environment === undefined ? undefined : own(environments, environment)?.telemetry;
  const forward = (overlay?.forward ?? telemetry.forward ?? []).map(
    ({ timeout, queue, ca, ...backend }): ForwardSpec => ({
      ...backend,
      timeoutMs: timeout,
      queueBytes: queue,
      ...(ca !== undefined && { ca }),
    }),
  );
  const defaults = serviceDefaultsOf(file, environment);
  return {
    prometheus: overlay?.prometheus ?? telemetry.prometheus,
    forward,
    services: telemetryOf({ telemetry: serviceTelemetry.parse(defaults && plainOf(defaults.section)) }),
  } satisfies SystemTelemetrySpec;
}

/** What `islet.yaml` says for every service, as the part of a service's file that it stands for; undefined: nothing. */
export function serviceDefaultsOf(
  { parsed, tree }: IsletFile,
  environment: string | undefined,
): { readonly part: Located; readonly section: Located } | undefined {
  if (parsed === undefined) return undefined;
  const sections = [['telemetry'], ['environments', environment ?? '', 'telemetry']].flatMap((path) => {
    const section = nodeAt(tree, path);
    if (section?.kind !== 'map') return [];
    const entries = [...section.entries].filter(([key]) => SERVICE_KEYS.includes(key));
    return [{ ...section, entries: new Map(entries) }];
  });
  const [first, ...others] = sections;
  if (first === undefined) return undefined;
  const section = others.reduce<Located>((base, over) => overlay(systemTelemetry, base, over), first);
  return { part: mapOf(section.place, { telemetry: section }), section };
}

export function machineIn(parsed: ParsedIslet, environment: string | undefined): MachineSpec {
  const overlay = environment === undefined ? undefined : own(parsed.environments, environment)?.machine;
  return { cpu: overlay?.cpu ?? parsed.machine.cpu, memoryBytes: overlay?.memory ?? parsed.machine.memory };
}
