import type { Scaling } from '@islet/client';
import { Histogram } from '@islet/policy';
import { followsSomething, isAutoscaled } from '../scale/follows.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { SystemParts } from '../system-parts.ts';

/** Changes that are told. */
const TOLD = 10;

/** Why a service has this number of instances. */
export async function scalingOf(service: AppliedService, { parts, autoscaler, status }: System): Promise<Scaling> {
  const { name, scale } = service.spec;
  const decided = isAutoscaled(service) ? autoscaler.scaling(name) : undefined;
  const instances = autoscaler.instances(service);
  const seen = status.latest()?.services.find((one) => one.name === name);
  const signals = decided?.verdict.signals ?? [];
  const coldStarts = await coldStartsOf(name, parts);
  return {
    service: name,
    mode: isAutoscaled(service) ? 'auto' : service.scaledFrom === undefined ? 'fixed' : 'manual',
    instances,
    ready: seen?.instances.ready ?? 0,
    min: scale.min,
    max: scale.max,
    priority: scale.priority,
    why: decided?.why ?? whyNot(service),
    ...(decided === undefined ? {} : { at: decided.at }),
    signals: signals.map(({ metric, target, total, wants }) => ({
      metric,
      target,
      ...(total === undefined ? {} : { total }),
      ...(wants === undefined ? {} : { wants }),
    })),
    ...(coldStarts === undefined ? {} : { coldStarts }),
    changes: parts.state.decisions
      .changesOf(name, TOLD)
      .map(({ at, decision: { from, to, why } }) => ({ at, from, to, why })),
  };
}

/** From the first request that found nobody to the instance that took it. Undefined: none, or the proxy can't be asked. */
async function coldStartsOf(service: string, { stats }: Pick<SystemParts, 'stats'>): Promise<Scaling['coldStarts']> {
  const counters = await stats().catch(() => undefined);
  const hold = counters?.holds.find((one) => one.service === service);
  if (hold === undefined) return undefined;
  const starts = Histogram.from(hold.coldStartUs);
  const { waiting, held } = hold;
  const [p50Ms, maxMs] = [starts.quantile(0.5) / 1000, starts.quantile(1) / 1000];
  return { count: starts.count, p50Ms, maxMs, waiting, held };
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
