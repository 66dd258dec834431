import { join } from 'node:path';
import { ApiError } from '@islet/client';
import { generationOf, type RevisionId } from '@islet/plan';
import { parseSystem, type SpecError, type SystemSpec } from '@islet/spec';
import { nodeFiles } from '@islet/spec/node';
import type { Clock } from './clock.ts';
import { digest, launchKey, secretsOf } from './desire.ts';
import { failpoint } from './failpoint.ts';
import { edgeName } from './routing.ts';
import type { Applied, AppliedService, AppliedStore, GoneService, LaunchSpec } from './store/applied.ts';
import type { Decisions } from './store/decisions.ts';
import { isFree, type Ports } from './store/ports.ts';
import type { Secrets } from './store/secrets.ts';

export interface ApplyParts {
  /** Absolute path of the system's folder. */
  readonly folder: string;
  readonly applied: AppliedStore;
  readonly decisions: Decisions;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly clock: Clock;
  /** Content key of all that a revision is made of. */
  readonly inputsKey: (spec: LaunchSpec, path: string) => Promise<string>;
  /** Why a service can't run on this machine; each a sentence with its remedy. */
  readonly blockedBy: (spec: LaunchSpec, path: string) => Promise<readonly string[]>;
  /** Why the gateway can't listen there, where something else does. */
  readonly gatewayTaken: (gateway: SystemSpec['gateway']) => Promise<string | undefined>;
  /** The proxy listens on this port for this system. */
  readonly isOurs: (port: number) => Promise<boolean>;
}

export interface Asked {
  readonly environment: string | undefined;
  readonly path: string;
  readonly mode: Applied['mode'];
  /** In-place services whose files changed. */
  readonly changed: readonly string[];
}

export interface Proposal {
  readonly applied: Applied;
  readonly warnings: readonly string[];
  /** Services that are not as they were last asked for. */
  readonly changed: readonly string[];
}

/** Reads the system's files, and works out what asking for them means; changes nothing. */
export async function propose(asked: Asked, parts: ApplyParts): Promise<Proposal> {
  const parsed = parseSystem(
    nodeFiles(parts.folder),
    asked.environment === undefined ? {} : { environment: asked.environment },
  );
  if (parsed.kind === 'errors') throw invalid(parsed.errors);
  const { spec, warnings } = parsed;
  const taken = await parts.gatewayTaken(spec.gateway);
  if (taken !== undefined)
    throw new ApiError('conflict', taken, { hint: 'end what listens there, or set gateway.port in islet.yaml' });

  const before = parts.applied.current();
  const services = await Promise.all(
    spec.services.map((service) => proposeService(withoutOrigins(service), spec, { asked, before, parts })),
  );
  const applied: Applied = {
    system: spec.name,
    environment: spec.environment,
    gateway: spec.gateway,
    mode: asked.mode,
    path: asked.path,
    services,
    gone: goneOf(before, services),
    goingDown: false,
  };
  const changed = services.filter((service) => !sameService(service, before)).map(({ spec: { name } }) => name);
  return {
    applied,
    warnings: [...warnings.map(warningText), ...cutWarnings(spec), ...goneWarnings(before, applied)],
    changed,
  };
}

export interface Accepted {
  readonly revision: number;
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/** Keeps the proposal durably; asking for what is already asked for changes nothing, but gives what failed another try. */
export async function accept({ applied }: Proposal, parts: ApplyParts): Promise<Accepted> {
  const { applied: store, decisions, clock } = parts;
  const warnings = await takeEdges(applied, parts);
  const retried = retryFailed(applied, { decisions, clock });
  const before = store.current();
  if (before !== undefined && sameApplied(before, applied))
    return { revision: store.seq(), changed: retried, warnings };
  failpoint('apply: before the record');
  const revision = store.put(applied, clock.now());
  failpoint('apply: after the record');
  decisions.record(
    { kind: 'applied', revision, text: `up${applied.environment ? ` --env ${applied.environment}` : ''}` },
    clock.now(),
  );
  return { revision, changed: true, warnings };
}

function retryFailed({ services }: Applied, { decisions, clock }: Pick<ApplyParts, 'decisions' | 'clock'>): boolean {
  const failed = services.filter(({ spec, revision, restarts }) =>
    decisions.rollouts(spec.name).failed.has(generationOf(revision, restarts)),
  );
  for (const { spec, revision, restarts } of failed) {
    const generation = generationOf(revision, restarts);
    decisions.record({ kind: 'retried', service: spec.name, generation }, clock.now());
  }
  return failed.length > 0;
}

interface Proposing {
  readonly asked: Asked;
  readonly before: Applied | undefined;
  readonly parts: ApplyParts;
}

async function proposeService(
  spec: LaunchSpec,
  system: SystemSpec,
  { asked, before, parts }: Proposing,
): Promise<AppliedService> {
  const previous = before?.services.find((service) => service.spec.name === spec.name);
  const [inputsKey, blocked] = await Promise.all([
    asked.mode === 'in-place' ? undefined : parts.inputsKey(spec, asked.path),
    blockedOf(spec, asked.path, parts),
  ]);
  const revision = revisionOf(spec, inputsKey, { asked, previous, parts });
  const scaled = previous?.scaledFrom === spec.scale.min ? previous : undefined;
  return {
    spec,
    revision,
    inputsKey,
    restarts: previous?.revision === revision ? previous.restarts : 0,
    instances: scaled?.instances ?? spec.scale.min,
    scaledFrom: scaled?.scaledFrom,
    after: afterOf(spec, system),
    blocked,
    since: previous?.revision === revision && before?.goingDown === false ? previous.since : parts.clock.now(),
  };
}

/** Secrets count by name and version, so that a new value is a new revision, and no value is ever in a key. */
function revisionOf(
  spec: LaunchSpec,
  inputsKey: string | undefined,
  { asked, previous, parts }: { asked: Asked; previous: AppliedService | undefined; parts: ApplyParts },
): RevisionId {
  const versions = Object.fromEntries(secretsOf(spec).map((name) => [name, parts.secrets.version(name)]));
  const launch = launchKey(spec, versions);
  if (inputsKey === undefined) return revisionInPlace(spec.name, launch, { asked, previous });
  return digest(`${launch} ${inputsKey}`);
}

/** In place there is nothing to key: a revision is whatever the folder holds when it is said to have changed. */
function revisionInPlace(
  service: string,
  launch: string,
  { asked, previous }: { asked: Asked; previous: AppliedService | undefined },
): RevisionId {
  const [, key, count] = previous?.revision.match(/^dev([0-9a-f]+)n(\d+)$/) ?? [];
  if (key === launch.slice(0, 6) && !asked.changed.includes(service)) return previous?.revision ?? '';
  return `dev${launch.slice(0, 6)}n${Number(count ?? 0) + 1}`;
}

async function blockedOf(spec: LaunchSpec, path: string, parts: ApplyParts): Promise<readonly string[]> {
  const missing = secretsOf(spec)
    .filter((name) => parts.secrets.version(name) === 0)
    .map((name) => `the secret ${name} has no value: set it with \`islet secret set ${name}\``);
  return [...missing, ...(await parts.blockedBy(spec, path))];
}

/** What it uses, without the edges that were cut because they close a cycle. */
function afterOf({ name, uses }: LaunchSpec, { cuts }: SystemSpec): readonly string[] {
  return uses.filter((used) => !cuts.some(({ from, to }) => from === name && to === used));
}

async function takeEdges({ services }: Applied, parts: ApplyParts): Promise<string[]> {
  const warnings: string[] = [];
  for (const { spec } of services) {
    for (const used of spec.uses) {
      const warning = await takeEdge(spec.name, used, parts);
      if (warning !== undefined) warnings.push(warning);
    }
  }
  return warnings;
}

/** An edge keeps its port for good, unless something else has taken it while nothing of ours listened there. */
async function takeEdge(caller: string, service: string, { ports, isOurs }: ApplyParts): Promise<string | undefined> {
  const name = edgeName(caller, service);
  const before = ports.get(name);
  const keep = before !== undefined && !(await isFree(before)) && (await isOurs(before));
  const now = await ports.take(name, { keep });
  if (before === undefined || before === now) return undefined;
  return `another program has taken port ${before}: ${caller} reaches ${service} by port ${now} from now on`;
}

/** What was asked for before and is no longer, and what is still on its way out. */
function goneOf(before: Applied | undefined, services: readonly AppliedService[]): readonly GoneService[] {
  const names = new Set(services.map(({ spec }) => spec.name));
  const left = (before?.services ?? []).filter(({ spec }) => !names.has(spec.name)).map(goneService);
  const leaving = (before?.gone ?? []).filter(({ name }) => !names.has(name));
  return [...left, ...leaving];
}

export function goneService({ spec, after }: AppliedService): GoneService {
  const { drainMs, stopGraceMs } = spec.run;
  return { name: spec.name, after, drainMs, stopGraceMs, purge: false };
}

function withoutOrigins({ origins: _origins, ...spec }: SystemSpec['services'][number]): LaunchSpec {
  return spec;
}

function sameService(service: AppliedService, before: Applied | undefined): boolean {
  const previous = before?.services.find(({ spec }) => spec.name === service.spec.name);
  return (
    previous !== undefined && JSON.stringify({ ...previous, since: 0 }) === JSON.stringify({ ...service, since: 0 })
  );
}

function sameApplied(some: Applied, other: Applied): boolean {
  const plain = (applied: Applied) =>
    JSON.stringify({ ...applied, services: applied.services.map((service) => ({ ...service, since: 0 })) });
  return plain(some) === plain(other);
}

function invalid(errors: readonly SpecError[]): ApiError {
  const files = new Set(errors.map(({ place }) => place.file));
  const count = `${errors.length} ${errors.length === 1 ? 'mistake' : 'mistakes'}`;
  return new ApiError('invalid-spec', `${count} in ${[...files].join(', ')}`, { errors, hint: 'nothing was changed' });
}

function warningText({ place, message }: SpecError): string {
  return `${place.file}:${place.line}:${place.column} ${message}`;
}

function cutWarnings({ cuts }: SystemSpec): string[] {
  return cuts.map(
    ({ from, to, cycle }) => `${cycle.join(' → ')} is a cycle of uses: ${from} starts without waiting for ${to}`,
  );
}

/** What this very change takes away; what went before is no news. */
function goneWarnings(before: Applied | undefined, { gone }: Applied): string[] {
  const present = before?.services.map(({ spec }) => spec) ?? [];
  return present
    .filter(({ name }) => gone.some((one) => one.name === name))
    .map(({ name, database }) => {
      const data = database === undefined ? '' : ', and its data is kept until `islet down --purge`';
      return `${name} is in the system's files no more: it is stopped${data}`;
    });
}

/** Where a service's folder is on this machine. */
export function folderOf(system: string, spec: LaunchSpec): string {
  return join(system, spec.folder);
}
