import type { SystemStatus } from '@islet/client';
import type { Condition } from '@islet/policy';

/** Kubernetes restarts for ever without a word; five ends in ten minutes are worth one. */
export const RESTART_LOOP = { ends: 5, withinMs: 10 * 60_000 } as const;
/** A service may be without an instance for so long before it is said: one that ends is started again within it. */
const DOWN_MS = 2 * 60_000;

export function restartLoops(status: SystemStatus, endsIn: (service: string) => number): readonly Condition[] {
  return status.services.flatMap(({ name }): Condition[] => {
    const ends = endsIn(name);
    if (ends < RESTART_LOOP.ends) return [];
    return [
      {
        rule: 'restart-loop',
        service: name,
        severity: 'page',
        summary: `${name} ends again and again`,
        why: `${ends} ends of its instances in ${RESTART_LOOP.withinMs / 60_000} minutes`,
        help: `islet errors ${name}; islet logs ${name}; islet rollback ${name}`,
      },
    ];
  });
}

/** `since`: for each service without a ready instance, since when. */
export function downServices(
  status: SystemStatus,
  since: ReadonlyMap<string, number>,
  now: number,
): readonly Condition[] {
  return status.services.flatMap(({ name, why }): Condition[] => {
    const at = since.get(name);
    if (at === undefined || now - at < DOWN_MS) return [];
    return [
      {
        rule: 'down',
        service: name,
        severity: 'page',
        summary: `${name} has no ready instance`,
        why: `since ${new Date(at).toISOString()}; ${why}`,
        help: `islet status ${name}; islet logs ${name}`,
      },
    ];
  });
}

export function isDown({ instances: { ready, desired }, state }: SystemStatus['services'][number]): boolean {
  return ready === 0 && desired > 0 && state !== 'blocked' && state !== 'stopped' && state !== 'stopping';
}

/** What was asked for since then runs, and so nothing is left of a rollout that failed. */
export function isRolloutOver({ rule, service }: Condition, status: SystemStatus): boolean {
  return rule === 'rollout' && status.services.some(({ name, state }) => name === service && state === 'ready');
}

/** What ran before goes on, so that nobody must get up for it. */
export function failedRollouts(status: SystemStatus): readonly Condition[] {
  return status.services.flatMap(({ name, state, failure, wanted }): Condition[] => {
    if (state !== 'failed' || failure === undefined) return [];
    return [
      {
        rule: 'rollout',
        service: name,
        part: wanted,
        severity: 'ticket',
        summary: `the rollout of ${name} failed`,
        why: `${failure.step}: ${failure.reason}`,
        help: `islet explain rollout ${name}; islet errors ${name}`,
      },
    ];
  });
}
