import { ApiError } from '@islet/client';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';

export interface PurgeOrder {
  readonly path?: string | undefined;
  readonly group?: string | undefined;
}

/** Makes the proxy forget stored responses of a service, and records it: who wonders why all are asked anew finds it there. */
export async function purgeCache(
  { spec }: AppliedService,
  { path, group }: PurgeOrder,
  { parts }: System,
): Promise<{ readonly purged: number }> {
  const { name, traffic } = spec;
  const caches = traffic.cache !== undefined || traffic.overrides.some(({ policy }) => policy.cache !== undefined);
  if (!caches) {
    throw new ApiError('conflict', `nothing is stored of ${name}`, {
      hint: 'traffic.cache in its service.yaml says what is',
    });
  }
  const purged = await parts.purge({ service: name, path, group });
  const which = [
    ...(path === undefined ? [] : [` at ${path}`]),
    ...(group === undefined ? [] : [` of the group ${group}`]),
  ];
  const text = `forgot ${purged} stored responses of ${name}${which.join('')}, as asked`;
  parts.state.decisions.record({ kind: 'note', text }, parts.clock.now());
  return { purged };
}
