import { availableParallelism, totalmem } from 'node:os';
import { ApiError, type Capacity, type CapacityQuestion } from '@islet/client';
import {
  CAPACITY_REQUESTS,
  type CapacityModel,
  errorOf,
  fitCapacity,
  forecast,
  instancesFor,
  type Observed,
  type Parallelism,
  type Unfit,
} from '@islet/policy';
import { budgetOf } from '../scale/budget.ts';
import { type Stretch, type Watched, watchLoad } from '../scale/watch-load.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';

/** So many times what was measured, a forecast is a guess about what else will give way. */
const FAR = 5;

/** Watches a service for as long as it was asked to, and says what it needs for a rate; or why that can't be said. */
export async function capacityOf(
  service: AppliedService,
  question: CapacityQuestion,
  system: System,
): Promise<Capacity> {
  const { name, api } = service.spec;
  if (api.protocol === 'tcp')
    throw new ApiError('conflict', `the proxy does not look into tcp: it counts no requests of ${name}`);
  const watched = await watch(name, question.overMs, system);
  if (watched === undefined) return { kind: 'refused', service: name, ...CHANGED };
  const whole = fit(watched.whole, watched, { service, question });
  const first = fit(watched.first, watched, { service, question });
  const second = observedOf(watched.second, watched.instances);
  // What could not be checked is not told.
  const few = [whole, first].find(({ kind }) => kind === 'refused');
  if (few?.kind === 'refused') return refusal(few.why, service, question);
  if (whole.kind === 'refused' || first.kind === 'refused' || second.requests < CAPACITY_REQUESTS)
    return refusal('few', service, question);
  return told({ service, question, watched, model: whole.model, error: errorOf(first.model, second) }, system);
}

function watch(service: string, overMs: number, { parts, status }: System): Promise<Watched | undefined> {
  const ready = () =>
    (status.latest()?.services.find(({ name }) => name === service)?.instanceList ?? [])
      .filter(({ state }) => state === 'ready')
      .map(({ id }) => id);
  const { clock, stats, compute } = parts;
  return watchLoad(service, overMs, {
    clock,
    ready,
    usage: () => compute.usage(),
    edges: async () => (await stats()).edges,
  });
}

interface Asked {
  readonly service: AppliedService;
  readonly question: CapacityQuestion;
}

function fit(stretch: Stretch, { instances, whole }: Watched, asked: Asked) {
  return fitCapacity(observedOf(stretch, instances), parallelismOf(stretch, { ...asked, instances, whole }));
}

function observedOf({ load }: Stretch, instances: number): Observed {
  const { rps, overMs, meanMs = 0, p95Ms = 0 } = load;
  return { requests: Math.round((rps * overMs) / 1000), rps, meanMs, p95Ms, instances };
}

/** Cores as the file limits them; without a limit one, or as many as one instance was seen to use. */
function parallelismOf(
  { cores }: Stretch,
  { service, question, instances, whole }: Asked & Pick<Watched, 'instances' | 'whole'>,
): Parallelism {
  if (question.parallel !== undefined) return { kind: 'declared', requests: question.parallel };
  const limit = service.spec.run.resources.cpu ?? Math.max(1, Math.ceil((whole.cores ?? 0) / instances));
  return { kind: 'cores', cores: limit, usedCores: cores ?? 0 };
}

const CHANGED = {
  why: 'no instance was ready all the time, or others were at its end than at its beginning',
  hint: 'wait until `islet status` shows no change, and ask again',
};

function refusal(why: Unfit, { spec: { name } }: AppliedService, { overMs }: CapacityQuestion): Capacity {
  const seconds = overMs / 1000;
  const words: Record<Unfit, { readonly why: string; readonly hint: string }> = {
    few: {
      why: `fewer than ${CAPACITY_REQUESTS} requests came in a half of ${seconds} s: too few to say anything by`,
      hint: 'ask while it is in use, or measure longer with --over',
    },
    unmeasured: {
      why: 'its processor time could not be measured',
      hint: 'say with --parallel how many requests one instance serves at once; `islet doctor` says what this machine lacks',
    },
    saturated: {
      why: 'its instances had no time left: how long a request takes by itself can not be seen then',
      hint: `islet scale ${name} to more instances, and ask again`,
    },
  };
  return { kind: 'refused', service: name, ...words[why] };
}

interface Ground extends Asked {
  readonly watched: Watched;
  readonly model: CapacityModel;
  readonly error: ReturnType<typeof errorOf>;
}

function told({ service, question, watched, model, error }: Ground, { parts }: System): Capacity {
  const { rps } = question;
  const seen = observedOf(watched.whole, watched.instances);
  const { cores } = watched.whole;
  const at = (instances: number) => {
    const one = forecast(model, { rps, instances });
    if (one === undefined) return undefined;
    const { utilization, ...times } = one;
    return { instances, utilizationPercent: utilization * 100, ...times };
  };
  const needed = at(instancesFor(model, rps, question.utilizationPercent / 100));
  if (needed === undefined) throw new Error('the instances that keep within a utilization below 1 carry the load');
  const unchanged = at(watched.instances);
  const machine = budgetOf(
    parts.state.applied.current(),
    { cpu: availableParallelism(), memoryBytes: totalmem() },
    { cpu: 0, memoryBytes: 0 },
  );
  const { servers, serviceMs } = model.station;
  return {
    kind: 'forecast',
    service: service.spec.name,
    rps,
    seen: { ...seen, overMs: watched.whole.load.overMs, ...(cores === undefined ? {} : { cores }) },
    model: {
      limit: question.parallel === undefined ? 'cores' : 'declared',
      serversPerInstance: servers,
      serviceMs,
      restMeanMs: model.restMeanMs,
      restP95Ms: model.restP95Ms,
    },
    needed,
    ...(unchanged === undefined ? {} : { unchanged }),
    ...(error === undefined ? {} : { error }),
    warnings: warningsOf({ service, rps, seen, cores, needed: needed.instances, budgetCores: machine.cpu }),
  };
}

interface Warned {
  readonly service: AppliedService;
  readonly rps: number;
  readonly seen: Observed;
  readonly cores: number | undefined;
  readonly needed: number;
  readonly budgetCores: number;
}

function warningsOf({ service, rps, seen, cores, needed, budgetCores }: Warned): string[] {
  const { max } = service.spec.scale;
  const needCores = ((cores ?? 0) / seen.rps) * rps;
  const times = rps / seen.rps;
  return [
    ...(needed > max ? [`scale.max is ${max}: it is never scaled to ${needed}`] : []),
    ...(needCores > budgetCores
      ? [`it takes ${round(needCores)} cores, and the machine's budget has ${round(budgetCores)} for all services`]
      : []),
    ...(times > FAR
      ? [`this is ${Math.round(times)} times the load that was measured: what gives way first may be something else`]
      : []),
  ];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
