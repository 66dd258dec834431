import type { Alert } from '@islet/client';
import { renderDuration } from './duration.ts';
import type { StatusOptions } from './status.ts';
import { plain } from './table.ts';

/** `islet alerts`: each with why it fires and what to do, the worst first. */
export function renderAlerts(
  alerts: readonly Alert[],
  { colours, now }: StatusOptions & { readonly now: number },
): string[] {
  const order = alerts.toSorted((a, b) => rank(a) - rank(b) || b.since - a.since);
  return order.flatMap(({ id, severity, state, summary, why, help, since, endedAt }, index) => {
    const paint = state === 'resolved' ? colours.dim : PAINT[severity](colours);
    const lasted = renderDuration(Math.max(0, (endedAt ?? now) - since));
    return [
      ...(index === 0 ? [] : ['']),
      `${paint(severity.padEnd(6))} ${colours.bold(plain(summary))}  ${colours.dim(id)}`,
      `       ${state} for ${lasted}, since ${new Date(since).toISOString()}`,
      `       why:  ${plain(why)}`,
      ...(state === 'resolved' ? [] : [`       help: ${plain(help)}`]),
    ];
  });
}

type Paint = (colours: StatusOptions['colours']) => (text: string) => string;
const PAINT: Readonly<Record<Alert['severity'], Paint>> = {
  page: (colours) => colours.red,
  ticket: (colours) => colours.yellow,
  info: (colours) => colours.blue,
};

const STATES: readonly Alert['state'][] = ['firing', 'acknowledged', 'silenced', 'resolved'];
const SEVERITIES: readonly Alert['severity'][] = ['page', 'ticket', 'info'];

function rank({ state, severity }: Alert): number {
  return STATES.indexOf(state) * SEVERITIES.length + SEVERITIES.indexOf(severity);
}
