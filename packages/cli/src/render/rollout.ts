import type { RolloutStatus } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** Where a rollout is, and why. */
export function renderRollout(rollout: RolloutStatus, { colours }: Pick<StatusOptions, 'colours'>): string[] {
  const { service, state, why, strategy, wanted, stable, fallback, preview, evidence, bakesUntil } = rollout;
  const about: [string, string | undefined][] = [
    ['state', `${state}: ${why}`],
    ['strategy', strategy],
    ['wanted', wanted],
    ['stable', stable === wanted ? undefined : (stable ?? 'none yet')],
    ['steps', stepsOf(rollout)],
    ['preview', preview],
    ['requests', evidence],
    ['bakes', bakesUntil === undefined ? undefined : `until ${new Date(bakesUntil).toISOString()}`],
    ['goes back', bakesUntil === undefined ? undefined : fallback && `to ${fallback}`],
  ];
  return [colours.bold(service), ...about.flatMap(([name, value]) => (value ? [`  ${name.padEnd(10)}${value}`] : []))];
}

/** `5 % → [25 %] → 50 % → 100 %` */
function stepsOf({ step, steps }: RolloutStatus): string | undefined {
  return steps?.map((percent, index) => (index === step ? `[${percent} %]` : `${percent} %`)).join(' → ');
}

export function renderHistory(history: RolloutStatus['history'], { colours, columns }: StatusOptions): string[] {
  return renderTable({
    headers: ['at', 'decision', 'why'],
    rows: history.map(({ at, kind, text }) => [new Date(at).toISOString(), kind, text]),
    columns,
    paintHeader: colours.dim,
  });
}
