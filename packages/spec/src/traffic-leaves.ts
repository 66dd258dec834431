import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import type { OutlierSpec, RetrySpec, TimeoutSpec, TrafficSpec } from './model.ts';
import { durationText } from './quantities.ts';

/** Every effective value of a traffic section. */
export function trafficLeaves(section: Path, { timeout, retry, outlier }: TrafficSpec): readonly Leaf[] {
  return [
    ...timeoutLeaves([...section, 'timeout'], timeout),
    ...retryLeaves(section, retry),
    ...outlierLeaves(section, outlier),
  ];
}

function timeoutLeaves(section: Path, { connectMs, requestMs, perTryMs, idleMs }: TimeoutSpec): readonly Leaf[] {
  return leaves(section, {
    connect: durationText(connectMs),
    request: durationText(requestMs),
    perTry: durationText(perTryMs),
    idle: durationText(idleMs),
  });
}

function retryLeaves(section: Path, retry: RetrySpec | undefined): readonly Leaf[] {
  if (retry === undefined) return leaves(section, { retry: 'off' });
  const { attempts, budgetPercent, on, backoff } = retry;
  return [
    ...leaves([...section, 'retry'], { attempts, budget: `${budgetPercent}%`, on }),
    ...leaves([...section, 'retry', 'backoff'], {
      base: durationText(backoff.baseMs),
      max: durationText(backoff.maxMs),
    }),
  ];
}

function outlierLeaves(section: Path, outlier: OutlierSpec | undefined): readonly Leaf[] {
  if (outlier === undefined) return leaves(section, { outlier: 'off' });
  const { consecutive5xx, consecutiveGateway, baseMs, maxMs, maxPercent } = outlier;
  return leaves([...section, 'outlier'], {
    consecutive5xx,
    consecutiveGateway,
    base: durationText(baseMs),
    max: durationText(maxMs),
    maxPercent,
  });
}
