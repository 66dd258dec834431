import type { InstanceUsage } from '@islet/driver';
import type { InstanceId } from '@islet/plan';
import type { Look } from '../observe.ts';
import type { InstanceMemory } from './case.ts';

/** Of the instances that were ready at the last look; of one that starts or ends, what it holds says nothing. */
export function memoryOf(
  usage: Readonly<Record<InstanceId, InstanceUsage>>,
  look: Look | undefined,
): readonly InstanceMemory[] {
  return Object.values(look?.observed.services ?? {}).flatMap(({ name: service, instances }) =>
    instances.flatMap(({ id: instance, revision, state }) => {
      const bytes = usage[instance]?.memoryBytes ?? 0;
      return state.kind === 'ready' && bytes > 0 ? [{ service, revision, instance, bytes }] : [];
    }),
  );
}
