import type { Scaling } from '@islet/client';
import { followsSomething, isAutoscaled } from '../scale/follows.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';

/** Changes that are told. */
const TOLD = 10;

/** Why a service has this number of instances. */
export function scalingOf(service: AppliedService, { parts, autoscaler, status }: System): Scaling {
  const { name, scale } = service.spec;
  const decided = isAutoscaled(service) ? autoscaler.scaling(name) : undefined;
  const instances = autoscaler.instances(service);
  const seen = status.latest()?.services.find((one) => one.name === name);
  const signals = decided?.verdict.signals ?? [];
  return {
    service: name,
    mode: isAutoscaled(service) ? 'auto' : service.scaledFrom === undefined ? 'fixed' : 'manual',
    instances,
    ready: seen?.instances.ready ?? 0,
    ...{ min: scale.min, max: scale.max, priority: scale.priority },
    why: decided?.why ?? whyNot(service),
    ...(decided === undefined ? {} : { at: decided.at }),
    signals: signals.map(({ metric, target, total, wants }) => ({
      ...{ metric, target },
      ...(total === undefined ? {} : { total }),
      ...(wants === undefined ? {} : { wants }),
    })),
    changes: parts.state.decisions
      .changesOf(name, TOLD)
      .map(({ at, decision: { from, to, why } }) => ({ at, from, to, why })),
  };
}

function whyNot({ spec: { scale }, instances, scaledFrom }: AppliedService): string {
  if (scaledFrom !== undefined) {
    const back = followsSomething(scale) ? '; `islet scale … auto` gives it back to the file' : '';
    return `islet scale asked for ${instances}${back}`;
  }
  if (!followsSomething(scale))
    return `scale.min is ${scale.min}, and nothing is declared that the number could follow`;
  return 'nothing was measured yet';
}
