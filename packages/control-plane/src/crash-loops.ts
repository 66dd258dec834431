import type { ComputeInstance } from '@islet/driver';
import { describeEnd, type Observed } from '@islet/plan';
import type { Decision } from './store/decisions.ts';

/** So many ends without ten minutes of health in between are no accident any more. */
export const CRASH_LOOP_EXITS = 5;

/** It is started again for ever, ever more slowly; whoever looks shall see that it is of no use. */
export function crashLoopWarnings({ services }: Observed): readonly string[] {
  return Object.values(services).flatMap(({ name, instances }) =>
    instances
      .filter(({ exits }) => exits >= CRASH_LOOP_EXITS)
      .map(({ id, exits, state }) => {
        const how = state.kind === 'exited' ? ` (${describeEnd(state)})` : '';
        return `${id} ends again and again: ${exits} times${how}; \`islet logs ${name}\` says why`;
      }),
  );
}

/** What is kept of an end; once for each loop also that it is one, since ends are many. */
export function endOf(
  { id, service }: Pick<ComputeInstance, 'id' | 'service'>,
  how: string,
  exits: number,
): readonly Decision[] {
  const end = { service, instance: id, how };
  const ended = { kind: 'ended', ...end } as const;
  return exits === CRASH_LOOP_EXITS ? [ended, { kind: 'crash-loop', ...end, exits }] : [ended];
}
