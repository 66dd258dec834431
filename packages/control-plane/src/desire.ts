import { createHash } from 'node:crypto';
import { type Desired, type DesiredService, generationOf, type PresentService, type RevisionId } from '@islet/plan';
import { declaredStores } from './declared-stores.ts';
import type { Past } from './past.ts';
import { shiftSteps } from './shift-steps.ts';
import type { Applied, AppliedService, LaunchSpec } from './store/applied.ts';
import type { Decisions } from './store/decisions.ts';

/**
 * The last revisions whose bytes are kept for a rollback, beside the one that runs. Kubernetes: revisionHistoryLimit.
 */
const KEPT_REVISIONS = 10;

export interface DesireContext {
  readonly decisions: Decisions;
  /** Key of the routing table but its endpoints. */
  readonly routes: string;
  /** When this control plane began: after a reboot, services wait for each other as at a first start. */
  readonly startedAt: number;
  readonly past: Past;
  /** What must hold before a new revision comes in, and does not; each a sentence. */
  readonly gates: (service: AppliedService) => readonly string[];
  /** Instances to ask for, where the number follows something. */
  readonly instances: (service: AppliedService) => number;
}

/** What was applied, in the words of `plan`. */
export function desireOf(applied: Applied | undefined, context: DesireContext): Desired {
  if (applied === undefined) return { services: [], routes: context.routes };
  const services: DesiredService[] = [
    ...applied.services.map((service) =>
      service.restoring === undefined
        ? presentOf(service, applied, context)
        : // Nothing of it may run while its store is replaced.
          leavingOf(service),
    ),
    ...applied.gone.map(({ restoring: _later, ...gone }) => ({ kind: 'absent' as const, ...gone })),
  ];
  return { services, routes: context.routes };
}

function leavingOf({ spec, after }: AppliedService): DesiredService {
  const { drainMs, longLivedMs, stopGraceMs } = spec.run;
  return { kind: 'absent', name: spec.name, after, drainMs, longLivedMs, stopGraceMs, purge: false, forRestore: true };
}

function presentOf(service: AppliedService, applied: Applied, context: DesireContext): PresentService {
  const { decisions, startedAt } = context;
  const { spec, revision, restarts, after, blocked, since } = service;
  const { strategy, maxSurge, maxUnavailable, minHealthyMs, healthyDeadlineMs, bakeMs } = spec.rollout;
  // Somebody who edits in place wants to see the change, not to be kept safe from it; and what ran before is known.
  const isCautious = applied.mode !== 'in-place' && service.isRollback !== true;
  return {
    kind: 'present',
    name: spec.name,
    revision,
    generation: generationOf(revision, restarts),
    instances: context.instances(service),
    drained: service.drained ?? [],
    after,
    blocked: [...blocked, ...context.gates(service)],
    hasStore: declaredStores(spec).length > 0,
    migrates: spec.database?.migrations !== undefined || spec.database?.migrate !== undefined,
    exclusive: strategy === 'recreate' || spec.api.port !== undefined,
    rollout: {
      maxSurge,
      maxUnavailable,
      healthyDeadlineMs,
      minHealthyMs: applied.mode === 'in-place' ? 0 : minHealthyMs,
      steps: isCautious ? shiftSteps(spec.rollout) : [],
      bakeMs: isCautious ? bakeMs : 0,
    },
    wave: applied.mode === 'in-place' ? undefined : service.wave,
    drainMs: spec.run.drainMs,
    // Who edits in place saves often, and an old instance that lingers for a stream takes the place of a new one.
    longLivedMs: applied.mode === 'in-place' ? Math.min(spec.run.drainMs, spec.run.longLivedMs) : spec.run.longLivedMs,
    stopGraceMs: spec.run.stopGraceMs,
    keep: keptRevisions(spec.name, decisions),
    since: context.past(`${spec.name} asked`, Math.max(since, startedAt)),
  };
}

function keptRevisions(service: string, decisions: Decisions): readonly RevisionId[] {
  return decisions.rollouts(service).promoted.slice(0, KEPT_REVISIONS);
}

/**
 * What of a service's file makes another revision of it: all that reaches an instance. How many run, how they are
 * probed and how they are replaced does not.
 */
export function launchKey(spec: LaunchSpec, secretVersions: Readonly<Record<string, number>>): string {
  const { run, uses, api, database, redis, volumes } = spec;
  const { command, build, inputs, env, resources } = run;
  // What it is filled with when somebody asks, and how it is set and backed up, reaches no instance.
  const store = database && {
    ...database,
    seed: undefined,
    settings: undefined,
    limits: undefined,
    server: undefined,
    upgrade: undefined,
    backup: undefined,
    drill: undefined,
  };
  const launch = {
    command,
    build,
    inputs,
    env,
    resources,
    uses,
    port: api.port,
    protocol: api.protocol,
    http2: api.http2,
    proxyProtocol: api.proxyProtocol,
    database: store,
    // Its limits hold without a restart.
    redis: redis && true,
    // How they are backed up reaches no instance.
    volumes: volumes?.folders,
  };
  return digest(JSON.stringify({ launch, secretVersions }));
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The secrets that a service names. */
export function secretsOf({ run, ...spec }: LaunchSpec): readonly string[] {
  const fromEnv = Object.values(run.env).flatMap((value) => (value.kind === 'secret' ? [value.secret] : []));
  const fromUrl = declaredStores(spec).flatMap(({ secret }) => secret ?? []);
  return [...new Set([...fromEnv, ...fromUrl])].sort();
}
