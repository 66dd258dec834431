import { SERVICE_DEFAULTS } from './defaults.ts';
import { type Leaf, leaves } from './leaf.ts';
import { SCALE_METRICS, type ScaleSpec, type ScaleTarget, type ScaleWindow, type ZeroSpec } from './model.ts';
import { durationMs, durationText } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';

/** In the order of `Date`. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export const TIME_OF_DAY = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;

/** Without a target, a number that may change follows the CPU: the one signal that every service has. */
const USUAL_TARGET: ScaleTarget = {
  metric: 'cpu',
  value: Number.parseInt(SERVICE_DEFAULTS['scale.target.cpu'].value, 10),
};

const USUAL_ZERO: ZeroSpec = {
  afterMs: durationMs(SERVICE_DEFAULTS['scale.zero.after'].value),
  holdMs: durationMs(SERVICE_DEFAULTS['scale.zero.hold'].value),
  requests: SERVICE_DEFAULTS['scale.zero.requests'].value,
};

export function scaleOf({ scale }: ParsedService): ScaleSpec {
  const max = maxOf(scale);
  const { zero, priority, min } = scale;
  const declared = zero && { afterMs: zero.after, holdMs: zero.hold, requests: zero.requests };
  return {
    min,
    max,
    priority,
    targets: scale.target === undefined ? usualTargets(min, max) : targetsOf(scale.target),
    schedule: scale.schedule.map(windowOf),
    zero: declared ?? (min === 0 ? USUAL_ZERO : undefined),
  };
}

/** A service that scales to none has one instance while it is in use, unless it says how many it may have. */
export function maxOf({ min, max }: ParsedService['scale']): number {
  return max ?? Math.max(1, min);
}

function usualTargets(min: number, max: number): readonly ScaleTarget[] {
  return max > Math.max(1, min) ? [USUAL_TARGET] : [];
}

function targetsOf(target: NonNullable<ParsedService['scale']['target']>): readonly ScaleTarget[] {
  return SCALE_METRICS.flatMap((metric) => {
    const value = target[metric];
    return value === undefined ? [] : [{ metric, value }];
  });
}

function windowOf({ days, from, to, min }: ParsedService['scale']['schedule'][number]): ScaleWindow {
  return { days: days.map((day) => DAYS.indexOf(day)), fromMinute: minuteOf(from), toMinute: minuteOf(to), min };
}

function minuteOf(text: string): number {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  return Number(hours) * 60 + Number(minutes);
}

/** Every effective value of a scale section. */
export function scaleLeaves({ min, max, targets, schedule, priority, zero }: ScaleSpec): readonly Leaf[] {
  return [
    ...leaves(['scale'], { min, max }),
    ...leaves(
      ['scale', 'target'],
      Object.fromEntries(targets.map(({ metric, value }) => [metric, valueText(metric, value)])),
    ),
    ...schedule.flatMap((window, index) =>
      leaves(['scale', 'schedule', index], {
        days: window.days.map((day) => DAYS[day] ?? ''),
        from: timeText(window.fromMinute),
        to: timeText(window.toMinute),
        min: window.min,
      }),
    ),
    ...leaves(['scale'], { priority }),
    ...(zero === undefined
      ? []
      : leaves(['scale', 'zero'], {
          after: durationText(zero.afterMs),
          hold: durationText(zero.holdMs),
          requests: zero.requests,
        })),
  ];
}

function valueText(metric: ScaleTarget['metric'], value: number): string | number {
  if (metric === 'p95') return durationText(value);
  return metric === 'cpu' || metric === 'memory' ? `${value}%` : value;
}

function timeText(minute: number): string {
  return `${String(Math.trunc(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
