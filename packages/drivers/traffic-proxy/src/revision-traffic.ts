import type { RevisionTraffic } from '@islet/driver';
import { Histogram } from '@islet/policy';
import type { RevisionStats, TrafficCounts } from '@islet/proxy';

/** What a revision answered, copies of requests included: they say as much of it as requests that somebody waits for. */
export function revisionTraffic({ service, revision, mirrored, ...own }: RevisionStats): RevisionTraffic {
  const [some, copies] = [own, mirrored].map(answered);
  const latencyUs = Histogram.from(own.latencyUs);
  latencyUs.merge(Histogram.from(mirrored.latencyUs));
  return {
    service,
    revision,
    requests: (some?.requests ?? 0) + (copies?.requests ?? 0),
    failures: (some?.failures ?? 0) + (copies?.failures ?? 0),
    latencyUs: latencyUs.toJSON(),
  };
}

/** A caller that left, or takes no answer, says nothing of who answers, and neither does a copy that the proxy had no place for. */
const NOT_ITS_OWN = new Set(['client-gone', 'client-slow', 'overloaded']);

function answered({ statuses, errors }: Pick<TrafficCounts, 'statuses' | 'errors'>) {
  const lost = Object.entries(errors).reduce((sum, [code, count]) => (NOT_ITS_OWN.has(code) ? sum : sum + count), 0);
  const finals = statuses['2xx'] + statuses['3xx'] + statuses['4xx'] + statuses['5xx'];
  // A response that broke off was counted by its status before.
  const cut = errors['response-cut'] ?? 0;
  return { requests: finals + lost - cut, failures: statuses['5xx'] + lost };
}
