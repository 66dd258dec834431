import type { ObservedService, PresentService, Step } from './model.ts';
import { seenOf, type Turn } from './turn.ts';

/**
 * Services that were asked for together roll out one after the other: each after all that it uses, so that it never
 * meets a callee older than the one it was written against. The first that fails ends the wave: what has not begun
 * stays at the revision that works with its neighbours as they are. Only what serves already is held; a cold start is
 * not.
 *
 * Undefined: it may begin, or has begun, or waits for nobody else, being blocked.
 */
export function waveGate(service: PresentService, seen: ObservedService, turn: Turn): Step | undefined {
  if (service.wave === undefined || service.blocked.length > 0) return undefined;
  if (!isPending(service, seen) || hasBegun(service, seen)) return undefined;
  const wave = turn.desired.services.filter(
    (other): other is PresentService => other.kind === 'present' && other.wave === service.wave && other !== service,
  );
  const wait = { kind: 'wait', service: service.name, until: undefined } as const;
  const failed = wave.filter((other) => hasFailed(other, seenOf(other.name, turn.observed)));
  if (failed.length > 0) {
    const why = `is held back: the rollout of ${names(failed)} failed`;
    return { ...wait, why, rest: 'held-back' };
  }
  const used = usedBy(service, turn);
  const before = wave.filter((other) => used.has(other.name) && isPending(other, seenOf(other.name, turn.observed)));
  return before.length === 0 ? undefined : { ...wait, why: `waits for the rollout of ${names(before)}` };
}

/** It serves one generation, and another is asked for that has not been decided on. */
function isPending({ generation, instances }: PresentService, { stable, failed }: ObservedService): boolean {
  if (stable === undefined || instances === 0) return false;
  return stable.generation !== generation && failed[generation] === undefined;
}

function hasBegun({ generation }: PresentService, { instances }: ObservedService): boolean {
  return instances.some((instance) => instance.generation === generation);
}

function hasFailed({ generation, blocked }: PresentService, { failed, stable }: ObservedService): boolean {
  return failed[generation] !== undefined || (blocked.length > 0 && stable?.generation !== generation);
}

/** All that it uses, and what those use. */
function usedBy({ after }: PresentService, { desired }: Turn): ReadonlySet<string> {
  const used = new Set<string>();
  const queue = [...after];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    queue.push(...(desired.services.find((service) => service.name === name)?.after ?? []));
  }
  return used;
}

function names(services: readonly PresentService[]): string {
  return services.map(({ name }) => name).join(', ');
}
