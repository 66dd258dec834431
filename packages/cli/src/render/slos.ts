import type { Slo } from '@islet/client';
import { renderDuration } from './duration.ts';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** `islet slo`: what was promised, what came of it, and how fast the rest is being spent. */
export function renderSlos(slos: readonly Slo[], { colours, columns }: StatusOptions): string[] {
  const windows = slos[0]?.burn.map(({ window }) => window) ?? [];
  return renderTable({
    headers: [
      'service',
      'objective',
      '30 days',
      'bad',
      'of',
      'budget left',
      ...windows.map((window) => `burn ${window}`),
    ],
    rows: slos.map(({ service, good, total, budgetLeft, burn, ...slo }) => [
      service,
      objectiveText(slo),
      total === 0 ? '-' : `${((100 * good) / total).toFixed(3)} %`,
      String(total - good),
      String(total),
      { text: `${Math.round(budgetLeft * 100)} %`, paint: budgetLeft < 0 ? colours.red : undefined },
      ...burn.map(({ rate, firing }) => ({
        text: firing ? `${rate.toFixed(1)} fires` : rate.toFixed(1),
        paint: firing ? colours.red : undefined,
      })),
    ]),
    columns,
    paintHeader: colours.dim,
    // One that fires is what somebody looks for.
    giveWay: [
      ...windows
        .filter((window) => !isFiring(slos, window))
        .map((window) => `burn ${window}`)
        .toReversed(),
      '30 days',
    ],
  });
}

function isFiring(slos: readonly Slo[], window: string): boolean {
  return slos.some(({ burn }) => burn.some((one) => one.window === window && one.firing));
}

function objectiveText({ objective, withinMs }: Pick<Slo, 'objective' | 'withinMs'>): string {
  return withinMs === undefined ? `${objective} % answered` : `${objective} % within ${renderDuration(withinMs)}`;
}
