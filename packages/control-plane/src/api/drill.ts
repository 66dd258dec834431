import { ApiError, type DrillBegun, type DrillTarget } from '@islet/client';
import { generationOf } from '@islet/plan';
import { probesOf } from '../analysis/probes-of.ts';
import type { DrillKind } from '../drill/drills.ts';
import { isPutOff } from '../put-off.ts';
import type { AppliedService, LaunchSpec } from '../store/applied.ts';
import type { System } from '../system.ts';

/** The goal of a service that declares none. */
const USUAL_SUCCESS_PERCENT = 99;

export interface AskedDrill {
  readonly drill: DrillKind;
  readonly forMs: number;
}

/** What a service may be asked meanwhile, and what it is held against. */
export async function drillTarget({ spec, revision }: AppliedService, { parts }: System): Promise<DrillTarget> {
  const { stable } = parts.state.decisions.rollouts(spec.name);
  const { from, requests } = await probesOf(spec, stable?.revision ?? revision, parts.compute);
  return { protocol: spec.api.protocol, from, requests: [...requests], goal: goalOf(spec) };
}

function goalOf({ rollout: { analysis }, telemetry }: LaunchSpec): DrillTarget['goal'] {
  // What an older version has kept says nothing of it.
  const slo = (telemetry as LaunchSpec['telemetry'] | undefined)?.slo.find(({ kind }) => kind === 'availability');
  const promised = slo?.kind === 'availability' ? { sloPercent: slo.percent } : {};
  return analysis === undefined
    ? { successPercent: USUAL_SUCCESS_PERCENT, from: 'default', ...promised }
    : { successPercent: analysis.successPercent, from: 'rollout.analysis', ...promised };
}

/** Begins a drill at the first instance that takes requests. */
export async function beginDrill(
  one: AppliedService,
  { drill, forMs }: AskedDrill,
  { drills, status, parts }: System,
): Promise<DrillBegun> {
  const { name: service, api } = one.spec;
  const tried = drill === 'disk-full' ? undefined : whatIsTried(one, parts);
  if (tried !== undefined) {
    throw new ApiError('conflict', `${tried}: what a drill breaks would be held against the new revision`, {
      hint: `islet rollout status ${service}`,
    });
  }
  const isInProxy = drill === 'slow' || drill === 'errors' || drill === 'partition';
  if (isInProxy && api.protocol === 'tcp') {
    throw new ApiError('conflict', `the proxy does not look into tcp: ${drill} can't be injected`, {
      hint: 'kill and pause work with every protocol',
    });
  }
  const seen = status.latest()?.services.find(({ name }) => name === service);
  const victim = seen?.instanceList.find(({ state }) => state === 'ready');
  if (victim === undefined)
    throw new ApiError('conflict', `no instance of ${service} is ready`, { hint: 'islet status' });
  const at = drill === 'disk-full' ? parts.state.layout.state : victim.id;
  const { instance, until } = await drills.begin({ drill, service, instance: at, forMs });
  return { instance, until };
}

/** A revision that still has to prove itself; undefined: there is none. */
function whatIsTried(
  { spec, revision, restarts, isRollback }: AppliedService,
  { state: { decisions, applied }, clock }: System['parts'],
): string | undefined {
  // In place nobody watches it.
  if (applied.current()?.mode === 'in-place') return undefined;
  const { stable, fallback, promotedAt, failed } = decisions.rollouts(spec.name);
  const generation = generationOf(revision, restarts);
  if (stable?.generation !== generation) {
    return stable === undefined || failed.has(generation) ? undefined : `a rollout of ${spec.name} is under way`;
  }
  const isWatched = isRollback !== true && spec.rollout.analysis !== undefined;
  if (!isWatched || fallback === undefined || fallback.revision === revision) return undefined;
  const until = promotedAt + spec.rollout.bakeMs;
  return isPutOff(until, { mostMs: spec.rollout.bakeMs, now: clock.now() })
    ? `${spec.name} bakes until ${new Date(until).toISOString()}`
    : undefined;
}
