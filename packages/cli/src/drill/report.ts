import type { Shot } from './load.ts';

export interface DrillReport {
  readonly drill: string;
  readonly service: string;
  readonly instance: string;
  readonly requests: number;
  readonly failed: number;
  readonly slowestMs: number;
  /** From the fault to the moment at which it was seen: the instance was taken out. Undefined: it never was. */
  readonly detectedMs: number | undefined;
  /** From the fault to the moment at which everything was as before; undefined: it was not within a minute of its end. */
  readonly recoveredMs: number | undefined;
  readonly goalPercent: number;
  readonly passed: boolean;
  /** Why it did not pass, and what one should know. */
  readonly note: string;
}

export interface Drilled extends Pick<DrillReport, 'drill' | 'service' | 'instance' | 'goalPercent'> {
  readonly detectedMs: number | undefined;
  readonly recoveredMs: number | undefined;
  readonly shots: readonly Shot[];
  /** How many took requests before. */
  readonly instances: number;
}

/** What a drill has shown, against the service's own goal: the share of its requests that succeed, and that it comes back. */
export function reportOf({ shots, instances, ...drilled }: Drilled): DrillReport {
  const { recoveredMs, goalPercent } = drilled;
  const failed = shots.filter(({ ok }) => !ok).length;
  const percent = shots.length === 0 ? 0 : ((shots.length - failed) / shots.length) * 100;
  const reasons = [
    ...(shots.length === 0 ? ['no request was sent'] : []),
    ...(percent < goalPercent ? [`${percent.toFixed(1)} % succeeded, and ${goalPercent} % is the goal`] : []),
    ...(recoveredMs === undefined ? ['it did not come back within a minute'] : []),
  ];
  const alone = instances === 1 && failed > 0 ? ['with one instance nobody could take over'] : [];
  return {
    ...{ ...drilled, failed },
    requests: shots.length,
    slowestMs: Math.round(Math.max(0, ...shots.map(({ tookMs }) => tookMs))),
    passed: reasons.length === 0,
    note: [...reasons, ...alone].join('; '),
  };
}
