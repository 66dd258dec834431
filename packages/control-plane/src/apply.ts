import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '@islet/client';
import { generationOf } from '@islet/plan';
import { type Files, parseService, parseSystem, type SpecError, type SystemSpec } from '@islet/spec';
import type { ApplyParts } from './apply-parts.ts';
import { changeWarnings } from './change-warnings.ts';
import { certify } from './development/gateway.ts';
import { edgePorts, takeEdges, withEdges } from './edges.ts';
import { failpoint } from './failpoint.ts';
import { usableGateway } from './gateway-files.ts';
import { proposeService } from './propose-service.ts';
import { writtenLines } from './rule-lines.ts';
import type { Applied, AppliedService, GoneService, LaunchSpec } from './store/applied.ts';
import { judgeStores, upgradeWarnings } from './store-errors.ts';
import { usableForwards } from './telemetry/forward-files.ts';

export interface Asked {
  readonly environment: string | undefined;
  readonly path: string;
  readonly mode: Applied['mode'];
  /** In-place services whose files changed. */
  readonly changed: readonly string[];
  /** The one service whose files are read; all others stay as they are. */
  readonly only?: string | undefined;
}

export interface Proposal {
  readonly applied: Applied;
  readonly warnings: readonly string[];
  /** Services that are not as they were last asked for. */
  readonly changed: readonly string[];
  readonly only: string | undefined;
  /** The number of what it was worked out from. */
  readonly from: number;
}

export interface Accepted {
  readonly revision: number;
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/** How often an `up` is worked out anew because something else was asked for in the meantime. */
const ATTEMPTS = 5;

/**
 * Reads the system's files and asks for what they say. Reading takes a while, and others may ask for something at the same
 * time: what was worked out from an older state is worked out again, so that no `restart`, `scale` or other `up` is lost.
 * A `down` that came in between is the later wish of a person, and wins.
 */
export async function apply(asked: Asked, parts: ApplyParts): Promise<Accepted> {
  const wasGoingDown = parts.applied.current()?.goingDown ?? false;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const proposal = await propose(asked, parts);
    const accepted = await accept(proposal, parts);
    if (accepted !== undefined) return { ...accepted, warnings: [...proposal.warnings, ...accepted.warnings] };
    if (parts.applied.current()?.goingDown && !wasGoingDown) {
      throw new ApiError('conflict', 'the system was asked to go down in the meantime', {
        hint: 'nothing was changed',
      });
    }
  }
  throw new ApiError('conflict', 'something else was asked for again and again in the meantime', { hint: 'ask again' });
}

export function hasGoneDown(): ApiError {
  return new ApiError('unavailable', 'the system has just gone down', { hint: 'ask again' });
}

/** Reads the system's files, and works out what asking for them means; changes nothing. */
export async function propose(asked: Asked, parts: ApplyParts): Promise<Proposal> {
  const from = parts.applied.seq();
  const before = parts.applied.current();
  const kept = neighboursOf(asked, before);
  const parsed = parse(asked, parts.files, { before, kept });
  if (parsed.kind === 'errors') throw invalid(parsed.errors);
  const { spec, warnings } = parsed;
  const read = spec.services.filter(({ name }) => asked.only === undefined || name === asked.only);
  const verdict = await judgeStores(read, { before, parts });
  if (verdict.errors.length > 0) throw invalid(verdict.errors);
  const taken = await parts.gatewayTaken(spec.gateway);
  if (taken !== undefined)
    throw new ApiError('conflict', taken, { hint: 'where it listens is gateway.host and gateway.port in islet.yaml' });
  const gateway = await usableGateway(spec.gateway, parts);

  const proposing = { asked, before, seq: from, parts, upgrades: verdict.upgrades };
  const proposed = await Promise.all(read.map((service) => proposeService(withoutPlaces(service), spec, proposing)));
  const services = [...kept, ...proposed].sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  const applied: Applied = {
    system: spec.name,
    environment: spec.environment,
    gateway,
    machine: spec.machine,
    backup: spec.backup,
    alerts: spec.alerts,
    telemetry: usableForwards(spec.telemetry, parts.folder),
    mode: asked.mode,
    path: asked.path,
    services,
    lines: linesOf(spec.services, kept, before),
    gone: goneOf(before, services),
    goingDown: false,
  };
  const changed = services.filter((service) => !sameService(service, before)).map(({ spec: { name } }) => name);
  return {
    applied,
    warnings: [...warnings.map(warningText), ...[...changeWarnings(before, applied), ...upgradeWarnings(verdict)]],
    changed,
    from,
    only: asked.only,
  };
}

/** Of those that were read now; of the others, as they were. */
function linesOf(
  read: SystemSpec['services'],
  kept: readonly AppliedService[],
  before: Applied | undefined,
): Applied['lines'] {
  const old = kept.map(({ spec: { name } }) => [name, before?.lines?.[name] ?? {}] as const);
  return Object.fromEntries([...read.map((service) => [service.name, writtenLines(service)] as const), ...old]);
}

/** Of a request for one service, the others: as they were last asked for. */
function neighboursOf({ only, mode }: Asked, before: Applied | undefined): readonly AppliedService[] {
  if (only === undefined || before === undefined || before.goingDown) return [];
  if (before.mode !== mode) {
    throw new ApiError('conflict', 'the system runs in place', { hint: '`islet dev` itself takes up every change' });
  }
  return before.services.filter(({ spec }) => spec.name !== only);
}

function parse(
  { environment, only }: Asked,
  files: Files,
  { before, kept }: { before: Applied | undefined; kept: readonly AppliedService[] },
) {
  if (only === undefined) return parseSystem(files, { environment });
  // Another environment would be another's wish for all the other services too.
  const inForce = kept.length > 0 ? before?.environment : environment;
  if (environment !== undefined && environment !== inForce) {
    throw new ApiError('conflict', `the system runs ${inForce ?? 'without an environment'}, not ${environment}`, {
      hint: `islet up --env ${environment}`,
    });
  }
  const neighbours = kept.map(({ spec }) => spec);
  const parsed = parseService(files, { service: only, neighbours, environment: inForce });
  if (parsed.kind === 'ok' && parsed.spec.services.every(({ name }) => name !== only)) {
    throw new ApiError('not-found', `no service.yaml of this system is named ${only}`);
  }
  return parsed;
}

/**
 * Keeps the proposal durably; asking for what is already asked for changes nothing, but gives what failed another try.
 * Undefined: something else was asked for since it was worked out.
 */
export async function accept(proposal: Proposal, parts: ApplyParts): Promise<Accepted | undefined> {
  const { applied: store, decisions, ports, clock } = parts;
  const warnings: string[] = [];
  const touched = proposal.applied.services.filter(({ spec }) => (proposal.only ?? spec.name) === spec.name);
  for (const { spec } of touched) warnings.push(...(await takeEdges(spec, parts)));
  await certify(proposal.applied, clock.now());
  // From here to the record nothing is waited for, so nothing can come in between.
  if (store.seq() !== proposal.from) return undefined;
  if (parts.isEnding()) throw hasGoneDown();
  parts.forgive();
  const before = store.current();
  const services = proposal.applied.services.map((service) => {
    if (proposal.only !== undefined && service.spec.name !== proposal.only) return service;
    const told = before?.services.find(({ spec }) => spec.name === service.spec.name);
    const asked = tryAgain(withEdges(service, edgePorts(service.spec, ports), told), parts);
    return { ...asked, wave: isSettled(asked, parts) ? told?.wave : proposal.from + 1 };
  });
  const applied = { ...proposal.applied, services };
  if (before !== undefined && sameApplied(before, applied) && !isTakenOut(proposal.only, { before, services })) {
    // Where a rule stands may have moved although what it says has not.
    const moved = !isDeepStrictEqual(written(before.lines ?? {}), written(applied.lines ?? {}));
    return { revision: moved ? store.put(applied, clock.now()) : store.seq(), changed: false, warnings };
  }
  failpoint('apply: before the record');
  const revision = store.put(applied, clock.now());
  failpoint('apply: after the record');
  const { environment } = applied;
  const text = `${proposal.only === undefined ? 'up' : `deploy ${proposal.only}`}${environment === undefined ? '' : ` --env ${environment}`}`;
  decisions.record({ kind: 'applied', revision, text }, clock.now());
  return { revision, changed: true, warnings };
}

/**
 * A generation that was given up stays given up; asking again asks for the next one of the same revision, with instances
 * whose ends and deadlines are counted from now.
 */
function tryAgain(service: AppliedService, { decisions, clock }: ApplyParts): AppliedService {
  const { revision, restarts, spec } = service;
  const { failed } = decisions.rollouts(spec.name);
  if (!failed.has(generationOf(revision, restarts))) return service;
  const tries = [...failed.keys()].filter((generation) => generation.startsWith(`${revision}.`));
  const last = Math.max(...tries.map((generation) => Number(generation.slice(revision.length + 1))));
  return { ...service, restarts: last + 1, since: clock.now() };
}

/** Nothing of it is to be rolled out, so that it has no place in the order of this request. */
function isSettled({ revision, restarts, spec }: AppliedService, { decisions }: ApplyParts): boolean {
  return decisions.rollouts(spec.name).stable?.generation === generationOf(revision, restarts);
}

/** It was held back by others that were asked for with it, and is now asked for alone. */
function isTakenOut(
  only: string | undefined,
  { before, services }: { before: Applied; services: readonly AppliedService[] },
): boolean {
  const waveIn = (all: readonly AppliedService[]) => all.find(({ spec }) => spec.name === only)?.wave;
  return only !== undefined && waveIn(before.services) !== waveIn(services);
}

/** What was asked for before and is no longer, and what is still on its way out. */
function goneOf(before: Applied | undefined, services: readonly AppliedService[]): readonly GoneService[] {
  const names = new Set(services.map(({ spec }) => spec.name));
  const left = (before?.services ?? []).filter(({ spec }) => !names.has(spec.name)).map(goneService);
  const leaving = (before?.gone ?? []).filter(({ name }) => !names.has(name));
  return [...left, ...leaving];
}

export function goneService({ spec, after, restoring }: AppliedService): GoneService {
  const { drainMs, longLivedMs, stopGraceMs } = spec.run;
  const gone = { name: spec.name, after, drainMs, longLivedMs, stopGraceMs, purge: false };
  return restoring === undefined ? gone : { ...gone, restoring };
}

/** Everything goes. What is deleted is not restored; otherwise the next `up` goes on with it. */
export function allGone(
  { services, gone }: Pick<Applied, 'services' | 'gone'>,
  purge: boolean,
): readonly GoneService[] {
  return [...services.map(goneService), ...gone].map(({ restoring, ...one }) =>
    purge || restoring === undefined ? { ...one, purge } : { ...one, purge, restoring },
  );
}

function withoutPlaces({ origins: _origins, written: _written, ...spec }: SystemSpec['services'][number]): LaunchSpec {
  return spec;
}

function sameService(service: AppliedService, before: Applied | undefined): boolean {
  const previous = before?.services.find(({ spec }) => spec.name === service.spec.name);
  return previous !== undefined && isDeepStrictEqual(plain(previous), plain(service));
}

function sameApplied(some: Applied, other: Applied): boolean {
  const timeless = (applied: Applied) => ({ ...written(applied), lines: {}, services: applied.services.map(plain) });
  return isDeepStrictEqual(timeless(some), timeless(other));
}

function plain(service: AppliedService) {
  return { ...written(service), since: 0, wave: 0 };
}

/** As it is after it was written and read: what is undefined is not there. */
function written<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function invalid(errors: readonly SpecError[]): ApiError {
  const files = new Set(errors.map(({ place }) => place.file));
  const count = `${errors.length} ${errors.length === 1 ? 'mistake' : 'mistakes'}`;
  return new ApiError('invalid-spec', `${count} in ${[...files].join(', ')}`, { errors, hint: 'nothing was changed' });
}

function warningText({ place, message, hint }: SpecError): string {
  return `${place.file}:${place.line}:${place.column} ${message}${hint === undefined ? '' : `; ${hint}`}`;
}

/** Where a service's folder is on this machine. */
export function folderOf(system: string, spec: LaunchSpec): string {
  return join(system, spec.folder);
}
