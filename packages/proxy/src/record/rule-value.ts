import type { TrafficRule } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';

/** What a rule was set to when it decided; undefined: it has no single value, and whoever decides says the counters. */
export function ruleValue(rule: TrafficRule, { timeout, limits }: TrafficSpec): string | undefined {
  switch (rule) {
    case 'traffic.timeout.connect':
      return `${timeout.connectMs} ms`;
    case 'traffic.timeout.request':
      return `${timeout.requestMs} ms`;
    case 'traffic.timeout.perTry':
      return `${timeout.perTryMs} ms`;
    case 'traffic.timeout.idle':
      return `${timeout.idleMs} ms`;
    case 'traffic.limits.queue':
      return `${limits.queueMs} ms`;
    case 'traffic.limits.pending':
      return `${limits.pending} may wait`;
    case 'traffic.limits.connections':
      return `${limits.connections} connections`;
    default:
      return undefined;
  }
}
