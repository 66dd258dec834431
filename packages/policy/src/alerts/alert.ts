/**
 * An alert is a condition that somebody should know of, from when it began until it is over, whatever restarts in between.
 *
 * - A condition that is there makes its alert fire, once: one alert for each rule and subject, however often it is seen.
 * - It is over once it was not seen for `HOLD_MS`. What comes and goes is one alert, and not a notice each minute. What is
 *   known to have come to its end, and not only out of sight, is over at once.
 * - A person *acknowledges* it (known, no reminders), or *silences* it until an instant; then it fires again if it is still there.
 * - A condition that grows worse fires again, also when it was acknowledged.
 * - What can't be looked at now is left as it is: not to know is not to be well.
 */
export const SEVERITIES = ['page', 'ticket', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Something that holds now. */
export interface Condition {
  readonly rule: string;
  /** Undefined: of the system as a whole. */
  readonly service: string | undefined;
  /** Tells conditions of one rule and service apart; most have one. */
  readonly part?: string | undefined;
  readonly severity: Severity;
  readonly summary: string;
  /** The figures that decided. */
  readonly why: string;
  /** What to do. */
  readonly help: string;
}

export type AlertState =
  | { readonly kind: 'firing'; readonly toldAt: number }
  | { readonly kind: 'acknowledged'; readonly at: number }
  | { readonly kind: 'silenced'; readonly until: number }
  | { readonly kind: 'resolved'; readonly at: number };

export interface Alert {
  readonly id: string;
  /** As it was seen last. */
  readonly condition: Condition;
  readonly state: AlertState;
  readonly since: number;
  readonly seenAt: number;
}

/** What those who want to know are told. */
export interface Notice {
  readonly alert: Alert;
  readonly kind: 'fired' | 'reminded' | 'resolved';
}

export interface Sight {
  readonly conditions: readonly Condition[];
  /** Rules that could not be looked at. */
  readonly unknown: ReadonlySet<string>;
  /** Of a condition that does not hold: it has come to its end, and waits for no other look. Absent: none has. */
  readonly isOver?: (condition: Condition) => boolean;
  readonly now: number;
  readonly newId: (condition: Condition, now: number) => string;
}

export const HOLD_MS = 2 * 60_000;
/** A page that nobody acknowledged is told again. Alertmanager: repeat_interval. */
export const REMIND_MS = 4 * 3_600_000;

export interface Turn {
  /** All that are open, and those that were resolved in this turn. */
  readonly alerts: readonly Alert[];
  readonly notices: readonly Notice[];
}

/** From the alerts that are open to those that are then. */
export function turnAlerts(open: readonly Alert[], sight: Sight): Turn {
  const seen = new Map(sight.conditions.map((condition) => [keyOf(condition), condition]));
  const known = new Set(open.map(({ condition }) => keyOf(condition)));
  const steps = [
    ...open.map((alert) => turnAlert(alert, seen.get(keyOf(alert.condition)), sight)),
    ...[...seen].filter(([key]) => !known.has(key)).map(([, condition]) => begin(condition, sight)),
  ];
  return {
    alerts: steps.map(({ alert }) => alert),
    notices: steps.flatMap(({ alert, told }) => (told === undefined ? [] : [{ alert, kind: told }])),
  };
}

interface Step {
  readonly alert: Alert;
  readonly told?: Notice['kind'];
}

function begin(condition: Condition, { now, newId }: Sight): Step {
  const state = { kind: 'firing', toldAt: now } as const;
  return { alert: { id: newId(condition, now), condition, state, since: now, seenAt: now }, told: 'fired' };
}

function turnAlert(alert: Alert, condition: Condition | undefined, { now, unknown, isOver }: Sight): Step {
  if (condition === undefined) {
    const isOut = now - alert.seenAt >= HOLD_MS || isOver?.(alert.condition);
    if (unknown.has(alert.condition.rule) || !isOut) return { alert };
    const over: Alert = { ...alert, state: { kind: 'resolved', at: now } };
    return alert.state.kind === 'silenced' ? { alert: over } : { alert: over, told: 'resolved' };
  }
  const seen: Alert = { ...alert, condition, seenAt: now };
  const firing = { kind: 'firing', toldAt: now } as const;
  const isSilent = alert.state.kind === 'silenced' && now < alert.state.until;
  if (isWorse(condition, alert.condition) && !isSilent) return { alert: { ...seen, state: firing }, told: 'fired' };
  switch (alert.state.kind) {
    case 'firing': {
      const isForgotten = condition.severity === 'page' && now - alert.state.toldAt >= REMIND_MS;
      return isForgotten ? { alert: { ...seen, state: firing }, told: 'reminded' } : { alert: seen };
    }
    case 'acknowledged':
      return { alert: seen };
    case 'silenced':
      return isSilent ? { alert: seen } : { alert: { ...seen, state: firing }, told: 'fired' };
    case 'resolved':
      return begin(condition, { now, newId: () => alert.id, conditions: [], unknown });
  }
}

function isWorse(now: Condition, before: Condition): boolean {
  return SEVERITIES.indexOf(now.severity) < SEVERITIES.indexOf(before.severity);
}

export function keyOf({ rule, service, part }: Condition): string {
  return JSON.stringify([rule, service ?? null, part ?? null]);
}
