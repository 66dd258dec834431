import type { InstanceState } from './model.ts';

/** `exit 4, again after 2 s`: how it ended, and for how long its back-off leaves it alone. */
export function describeEnd({ how, at, restartAt }: Extract<InstanceState, { kind: 'exited' }>): string {
  const pauseMs = restartAt - at;
  return pauseMs <= 0 ? how : `${how}, again after ${Math.max(1, Math.round(pauseMs / 1000))} s`;
}
