import type { DrillTarget } from '@islet/client';
import type { Shot } from './load.ts';
import type { Asked } from './others.ts';

export interface DrillReport {
  readonly drill: string;
  readonly service: string;
  readonly instance: string;
  /** Of the drill itself, and of others at the same time. */
  readonly requests: number;
  readonly failed: number;
  readonly others: Asked;
  /** Where the drill's own requests came from. */
  readonly asked: DrillTarget['from'] | 'path';
  readonly slowestMs: number;
  /** From the fault to the moment at which it was seen: the instance was taken out. Undefined: it never was. */
  readonly detectedMs: number | undefined;
  /** From the fault to the moment at which everything was as before; undefined: it was not within a minute of its end. */
  readonly recoveredMs: number | undefined;
  readonly goalPercent: number;
  /** Of what `telemetry.slo.availability` allows to fail in 30 days at this rate, in percent; absent: nothing is promised. */
  readonly budgetPercent?: number;
  readonly passed: boolean;
  /** Why it did not pass, and what one should know. */
  readonly note: string;
}

export interface Drilled
  extends Pick<DrillReport, 'drill' | 'service' | 'instance' | 'goalPercent' | 'asked' | 'others'> {
  readonly detectedMs: number | undefined;
  readonly recoveredMs: number | undefined;
  readonly shots: readonly Shot[];
  readonly overMs: number;
  readonly sloPercent: number | undefined;
  /** How many took requests before. */
  readonly instances: number;
}

/** What a drill has shown, against the service's own goal: the share of its requests that succeed, and that it comes back. */
export function reportOf({ shots, overMs, sloPercent, instances, ...drilled }: Drilled): DrillReport {
  const { recoveredMs, goalPercent, others } = drilled;
  const requests = shots.length + others.requests;
  const failed = shots.filter(({ ok }) => !ok).length + others.failed;
  const percent = requests === 0 ? 0 : ((requests - failed) / requests) * 100;
  const budget = sloPercent === undefined ? undefined : budgetOf({ failed, requests, overMs, sloPercent });
  const isTooDear = budget !== undefined && budget > MOST_BUDGET_PERCENT;
  const reasons = [
    ...(requests === 0 ? ['nobody has asked anything meanwhile'] : []),
    ...(requests > 0 && percent < goalPercent
      ? [`${percent.toFixed(1)} % succeeded, and ${goalPercent} % is the goal`]
      : []),
    ...(isTooDear
      ? [
          `it spent ${budget.toFixed(1)} % of the error budget of 30 days: one such fault a day is more than ${sloPercent} % allows`,
        ]
      : []),
    ...(recoveredMs === undefined ? ['it did not come back within a minute'] : []),
  ];
  const alone = instances === 1 && failed > 0 ? [ALONE] : [];
  return {
    ...drilled,
    requests,
    failed,
    ...(budget === undefined ? {} : { budgetPercent: budget }),
    slowestMs: Math.round(Math.max(0, ...shots.map(({ tookMs }) => tookMs))),
    passed: reasons.length === 0,
    note: [...reasons, ...alone].join('; '),
  };
}

const ALONE = 'with one instance nobody could take over: `scale: { min: 2 }` in its service.yaml has another';
const BUDGET_MS = 30 * 24 * 3_600_000;
/** A fault like this may come once a day. */
const MOST_BUDGET_PERCENT = 100 / 30;

/** How much of the failures that 30 days allow at this rate there were, in percent. */
function budgetOf({
  failed,
  requests,
  overMs,
  sloPercent,
}: Readonly<Record<'failed' | 'requests' | 'overMs' | 'sloPercent', number>>) {
  if (failed === 0) return 0;
  return (100 * failed) / (requests * (BUDGET_MS / overMs) * (1 - sloPercent / 100));
}

/** One that could not even begin. */
export function notBegun({ drill, service }: Pick<DrillReport, 'drill' | 'service'>, why: string): DrillReport {
  const none = { requests: 0, failed: 0, others: { requests: 0, failed: 0 }, slowestMs: 0, goalPercent: 0 };
  const unknown = { instance: '', asked: 'none', detectedMs: undefined, recoveredMs: undefined } as const;
  return { drill, service, ...none, ...unknown, passed: false, note: why };
}
