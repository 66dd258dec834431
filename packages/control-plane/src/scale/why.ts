import type { Allotment, ScaleRule, ScaleVerdict, SignalVerdict } from '@islet/policy';
import type { ScaleSpec } from '@islet/spec';

export interface Why {
  readonly verdict: ScaleVerdict;
  readonly allotment: Allotment;
  readonly scale: ScaleSpec;
  readonly current: number;
}

/** Why a service has this number of instances, as a sentence with its numbers. */
export function whyText({ verdict, allotment, scale, current }: Why): string {
  const { signals, rule, instances } = verdict;
  const measured = signals.map(signalText).join(', ');
  const because = `${measured === '' ? '' : `${measured}; `}${ruleText(rule, { verdict, scale, current })}`;
  if (allotment.short === undefined) return because;
  const what = allotment.short === 'cpu' ? 'cores' : 'memory';
  return `${because}; of the ${instances} that it should have, the machine's budget has ${what} for ${allotment.instances}`;
}

/** `52 requests in flight, 40 for each: 2`. */
function signalText({ metric, target, total, wants }: SignalVerdict): string {
  const [name, unit] = WORDS[metric];
  if (total === undefined) return `${name} not known`;
  return `${name} ${round(total)}${unit} for ${round(target)}${unit}${metric === 'p95' ? '' : ' each'}: ${wants ?? '?'}`;
}

const WORDS = {
  concurrency: ['in flight', ''],
  rps: ['requests', '/s'],
  cpu: ['CPU', '%'],
  memory: ['memory', '%'],
  p95: ['p95', ' ms'],
} as const;

function ruleText(rule: ScaleRule, { verdict, scale, current }: Omit<Why, 'allotment'>): string {
  const { instances, wanted } = verdict;
  switch (rule) {
    case 'target':
      return instances === current ? `${instances} is right` : `${instances} are wanted`;
    case 'missing':
      return `nothing could be measured, so it stays at ${instances}`;
    case 'partly-missing':
      return `not everything could be measured, so nothing is taken away from ${instances}`;
    case 'stabilization':
      return `${wanted} would do, and so few only once that has held for 5 minutes`;
    case 'rate':
      return `${wanted} are wanted, and ${instances} is as far as 15 s may change`;
    case 'min':
      return `scale.min is ${scale.min}`;
    case 'max':
      return `scale.max is ${scale.max}`;
    case 'schedule':
      return `scale.schedule asks for ${instances} at this time`;
    case 'idle':
      return 'nobody has asked for it for scale.zero.after';
    case 'wake':
      return 'a request waits for its first instance';
  }
}

function round(value: number): string {
  return String(value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
}
