import type { Alert as ToldAlert } from '@islet/client';
import type { Alert, Notice } from '@islet/policy';

/** An alert as the API and everybody else is told of it. */
export function toldAlert({ id, condition, state, since }: Alert): ToldAlert {
  const { service, rule, severity, summary, why, help } = condition;
  return {
    id,
    rule,
    severity,
    since,
    summary,
    why,
    help,
    ...(service === undefined ? {} : { service }),
    state: state.kind,
    ...(state.kind === 'resolved' ? { endedAt: state.at } : {}),
    link: `/alerts/${id}`,
  };
}

/** What goes over the wire to a webhook, and into a mail. */
export interface Message {
  readonly version: 1;
  readonly system: string;
  readonly kind: Notice['kind'];
  /** The same when it is sent again. */
  readonly key: string;
  readonly alert: ToldAlert;
}

export function messageOf(
  { alert, kind }: Notice,
  { system, at }: { readonly system: string; readonly at: number },
): Message {
  return { version: 1, system, kind, key: `${alert.id}-${kind}-${at}`, alert: toldAlert(alert) };
}

export function subjectOf({ system, kind, alert }: Message): string {
  const what = kind === 'resolved' ? 'over' : kind === 'reminded' ? `still: ${alert.severity}` : alert.severity;
  return `[${what}] ${alert.summary} (${system})`;
}

export function textOf(message: Message): string {
  const { alert, system } = message;
  const over = alert.endedAt === undefined ? [] : [`Over since: ${new Date(alert.endedAt).toISOString()}`];
  return [
    alert.summary,
    '',
    `Why: ${alert.why}`,
    `What to do: ${alert.help}`,
    `Since: ${new Date(alert.since).toISOString()}`,
    ...over,
    `System: ${system}`,
    `Alert: ${alert.id} (${alert.rule})`,
    '',
    `islet alerts --ack ${alert.id}`,
    '',
  ].join('\n');
}
