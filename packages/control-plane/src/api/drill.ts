import { ApiError, type DrillBegun } from '@islet/client';
import type { DrillKind } from '../drill/drills.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';

/** The goal of a service that declares none. */
const USUAL_SUCCESS_PERCENT = 99;

export interface AskedDrill {
  readonly drill: DrillKind;
  readonly forMs: number;
}

/** Begins a drill at the first instance that takes requests. */
export async function beginDrill(
  { spec }: AppliedService,
  { drill, forMs }: AskedDrill,
  { drills, status }: System,
): Promise<DrillBegun> {
  const { name: service, api, rollout } = spec;
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
  const { instance, until } = await drills.begin({ drill, service, instance: victim.id, forMs });
  return { instance, until, successPercent: rollout.analysis?.successPercent ?? USUAL_SUCCESS_PERCENT };
}
