/** What others asked of a service, and what failed of it. */
export interface Asked {
  readonly requests: number;
  readonly failed: number;
}

/** The proxy's counters, as far as they are read here. */
export interface Counters {
  readonly edges?: readonly EdgeCounts[];
}

interface EdgeCounts {
  readonly from: { readonly kind: string };
  readonly service?: string;
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

/** Errors of the proxy that are the caller's own doing. */
const CALLERS_OWN: ReadonlySet<string> = new Set([
  ...['bad-request', 'request-timeout', 'uri-too-long', 'head-too-large', 'body-too-large', 'http-version'],
  'length-required',
  ...['https-only', 'tls-required', 'method-not-supported', 'no-route', 'unknown-service', 'rate-limited'],
  ...['not-cached', 'client-gone', 'client-slow'],
]);

/** Everything that was asked of a service by now, but for what the operator has asked: that is the drill's own. */
export function askedByOthers({ edges = [] }: Counters, service: string): Asked {
  const counted = edges.filter((edge) => edge.service === service && edge.from.kind !== 'operator');
  return {
    requests: sum(counted.map(({ requests }) => requests)),
    failed: sum(counted.map(failedOf)),
  };
}

/** Between two looks; a proxy that was started anew in between counts from nothing. */
export function since(before: Asked, after: Asked): Asked {
  if (after.requests < before.requests) return after;
  return { requests: after.requests - before.requests, failed: Math.max(0, after.failed - before.failed) };
}

function failedOf({ statuses, errors }: EdgeCounts): number {
  const own = Object.entries(errors).filter(([code]) => !CALLERS_OWN.has(code));
  return (statuses['5xx'] ?? 0) + sum(own.map(([, count]) => count));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
