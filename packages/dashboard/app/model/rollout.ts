import type { RolloutStatus, Series } from '@islet/client/browser';

export interface RolloutStep {
  /** Hundredths of the requests. */
  readonly percent: number;
  readonly state: 'done' | 'now' | 'next';
}

/** The steps of a rollout that is under way; empty where traffic moves with the instances. */
export function rolloutSteps({ step = 0, steps = [] }: Pick<RolloutStatus, 'step' | 'steps'>): readonly RolloutStep[] {
  return steps.map((percent, index) => {
    const state = index < step - 1 ? 'done' : index === step - 1 ? 'now' : 'next';
    return { percent, state };
  });
}

/** What may be asked now. Where nothing is under way there is nothing to steer. */
export interface Steering {
  readonly isOpen: boolean;
  readonly isPaused: boolean;
  readonly canPromote: boolean;
  readonly canAbort: boolean;
}

export function steeringOf({ state, steps, stable, fallback, bakesUntil }: RolloutStatus): Steering {
  const isPaused = state === 'paused';
  const isOpen = isPaused || steps !== undefined || state === 'progressing';
  const isBaking = bakesUntil !== undefined && fallback !== undefined;
  return { isOpen, isPaused, canPromote: steps !== undefined, canAbort: stable !== undefined && (isOpen || isBaking) };
}

export interface Side {
  readonly revision: string;
  readonly requests: number | undefined;
  readonly errorShare: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

export interface Measured {
  readonly requests: readonly Series[];
  readonly errors: readonly Series[];
  readonly p50: readonly Series[];
  readonly p95: readonly Series[];
}

/** One revision over the time that is looked at. Counts are summed; of a latency the median over the time, which one bad moment does not move. */
export function sideOf(revision: string, { requests, errors, p50, p95 }: Measured): Side {
  const own = (series: readonly Series[]) => series.find(({ labels }) => isSame(labels.revision, revision));
  const asked = sum(own(requests));
  const failed = sum(own(errors));
  return {
    revision,
    requests: asked,
    errorShare: asked === undefined || asked === 0 ? undefined : (failed ?? 0) / asked,
    p50: median(own(p50)),
    p95: median(own(p95)),
  };
}

/** The curves of the two that are compared, named by their sides, the old one first. */
export function sidesOf(
  series: readonly Series[],
  { old, wanted }: { readonly old: string; readonly wanted: string },
): readonly Series[] {
  const sides = [
    { side: `old ${old.slice(0, 7)}`, revision: old },
    { side: `new ${wanted.slice(0, 7)}`, revision: wanted },
  ];
  return sides.flatMap(({ side, revision }) => {
    const own = series.find(({ labels }) => isSame(labels.revision, revision));
    return own === undefined ? [] : [{ ...own, labels: { side } }];
  });
}

/** The store may know a revision by its whole name, and status by its beginning. */
function isSame(long: string | undefined, short: string): boolean {
  return long !== undefined && (long.startsWith(short) || short.startsWith(long));
}

/** Rates per second over their steps are counts. */
function sum(series: Series | undefined): number | undefined {
  if (series === undefined) return undefined;
  return series.points.reduce((total, [, value]) => total + (value ?? 0) * (series.stepMs / 1000), 0);
}

function median(series: Series | undefined): number | undefined {
  const values = (series?.points ?? []).flatMap(([, value]) => (value === null ? [] : [value])).sort((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)];
}
