import type { Resources } from '@islet/policy';
import type { Applied, AppliedService } from '../store/applied.ts';
import { isAutoscaled } from './follows.ts';

/** What one instance takes: as the file limits it, otherwise as the largest was seen to use. */
export function costOf({ spec }: AppliedService, used: readonly Resources[] = []): Resources {
  const { cpu, memoryBytes } = spec.run.resources;
  return {
    cpu: cpu ?? Math.max(0, ...used.map((one) => one.cpu)),
    memoryBytes: memoryBytes ?? Math.max(0, ...used.map((one) => one.memoryBytes)),
  };
}

/** What the servers of stores may hold. Of those that say nothing of it, nothing is known. */
function storeMemory(applied: Applied | undefined): number {
  const bytes = (applied?.services ?? []).map(({ spec: { database, redis } }) => {
    return (database?.limits?.memoryBytes ?? 0) + (redis?.maxMemoryBytes ?? 0);
  });
  return bytes.reduce((sum, one) => sum + one, 0);
}

/** What services take whose number follows nothing, and their stores: it is not there to be given away. */
export function fixedDemand(applied: Applied | undefined, instances: (service: AppliedService) => number): Resources {
  const fixed = (applied?.services ?? []).filter((service) => !isAutoscaled(service));
  return fixed.reduce(
    (sum, service) => {
      const { cpu, memoryBytes } = costOf(service);
      const count = instances(service);
      return { cpu: sum.cpu + cpu * count, memoryBytes: sum.memoryBytes + memoryBytes * count };
    },
    { cpu: 0, memoryBytes: storeMemory(applied) },
  );
}

/** One core, and a fifth of the memory, are left to everything else. */
export function budgetOf(applied: Applied | undefined, machine: Resources, taken: Resources): Resources {
  const cpu = applied?.machine?.cpu ?? Math.max(1, machine.cpu - 1);
  const memoryBytes = applied?.machine?.memoryBytes ?? machine.memoryBytes * 0.8;
  return { cpu: cpu - taken.cpu, memoryBytes: memoryBytes - taken.memoryBytes };
}
