import { ApiError } from '@islet/client';
import { generationOf, type ObservedService, seenOf } from '@islet/plan';
import type { AppliedService } from '../store/applied.ts';
import { lookOnce, type System } from '../system.ts';
import type { RolloutContext } from './rollout.ts';
import type { Handlers } from './server.ts';

/** Takes one instance out of traffic, and back. What becomes of it is the plan's to say. */
export function drainHandlers(system: System, { wanted, change }: RolloutContext): Pick<Handlers, 'drain'> {
  return {
    drain: async ({ params: { service = '' }, body: { instance, back } }) => {
      const one = wanted(service);
      const seen = seenOf(service, (await lookOnce(system)).look.observed);
      const refusal = refusalOf({ one, seen, instance, back });
      if (refusal !== undefined) throw refusal;
      const isThere = (id: string) => seen.instances.some((it) => it.id === id);
      return change(
        service,
        ({ drained = [] }) => {
          const others = drained.filter((id) => id !== instance && isThere(id));
          return { drained: back ? others : [...others, instance] };
        },
        `drain ${instance}${back ? ' --back' : ''}`,
      );
    },
  };
}

interface Asked {
  readonly one: AppliedService;
  readonly seen: ObservedService;
  readonly instance: string;
  readonly back: boolean;
}

/** Undefined: it can be done. */
export function refusalOf({ one, seen, instance, back }: Asked): ApiError | undefined {
  const { name, api, rollout } = one.spec;
  const isOut = one.drained?.includes(instance) ?? false;
  if (back && isOut) return undefined;
  const found = seen.instances.find(({ id }) => id === instance);
  const drained = one.drained?.join(', ') || 'none';
  if (found === undefined) {
    const there = seen.instances.map(({ id }) => id).join(', ') || 'none';
    return new ApiError('not-found', `${name} has no instance ${instance}`, { hint: `its instances are: ${there}` });
  }
  if (back) return new ApiError('conflict', `${instance} was not drained`, { hint: `drained of ${name}: ${drained}` });
  if (isOut)
    return new ApiError('conflict', `${instance} is drained already`, { hint: `islet drain ${instance} --back` });
  if (api.port !== undefined || rollout.strategy === 'recreate') {
    const why = api.port === undefined ? '`rollout.strategy: recreate`' : `the fixed port ${api.port}`;
    return new ApiError(
      'conflict',
      `nothing can stand in for ${instance}: with ${why}, two of ${name} can't run at once`,
      {
        hint: `islet scale ${name} 0 ends it`,
      },
    );
  }
  const generations = [generationOf(one.revision, one.restarts), seen.stable?.generation];
  if (generations.includes(found.generation)) return undefined;
  return new ApiError('conflict', `${instance} is being replaced, and leaves traffic anyway`);
}
