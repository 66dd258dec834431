import {
  type Generation,
  type InstanceId,
  instanceId,
  type ObservedInstance,
  type PresentService,
  type StableGeneration,
} from './model.ts';

/**
 * An instance that a person took out of traffic runs on, so that it can be looked at, and counts for nothing: the next
 * index of its generation stands in for it. So the number that serves is the number asked for, and taking it back is
 * nothing but leaving its name out: it is then wanted again, and its stand-in is one too many.
 *
 * It leaves only once the others are enough, and comes back by itself only where nobody else could answer.
 */
export function isDrained({ drained, exclusive }: PresentService, { id }: { readonly id: InstanceId }): boolean {
  // Where two can't run at once nothing could stand in for it.
  return !exclusive && drained.includes(id);
}

/** The first so many indexes of a generation whose instances were not taken out of traffic. */
export function slotsOf(service: PresentService, generation: Generation, count: number): ReadonlySet<number> {
  const slots = new Set<number>();
  for (let index = 0; slots.size < count; index++) {
    if (service.drained.length === 0 || !isDrained(service, { id: instanceId(service.name, generation, index) }))
      slots.add(index);
  }
  return slots;
}

/**
 * It may run on, also where it hangs: that may be what somebody looks at. Who scales to none, or replaces its
 * generation, does not want it any more either.
 */
export function mayStay(
  service: PresentService,
  { id, generation, state }: ObservedInstance,
  generations: readonly (StableGeneration | undefined)[],
): boolean {
  if (!isDrained(service, { id }) || service.instances === 0) return false;
  if (state.kind === 'exited' || state.kind === 'stopping') return false;
  return generations.some((one) => one?.generation === generation);
}
