import { LIMITS } from '../limits.ts';
import { Counts, type RevisionStats } from '../stats.ts';
import type { EndpointState } from './endpoint.ts';

/**
 * What each revision's instances answered, also those that are gone: a canary is judged by all of its instances, and by
 * each try, so a failure that was healed elsewhere still counts against it. Nothing is counted twice on the way of a
 * request: an instance's own counts are added when they are asked for, and kept here when it is gone.
 */
export class RevisionLedger {
  readonly #gone = new Map<string, RevisionCounts>();

  /** Nothing more will happen to it. */
  keep(state: EndpointState): void {
    const key = keyOf(state);
    const sum = this.#gone.get(key) ?? new RevisionCounts(state);
    sum.add(state);
    // Set anew, it is the youngest.
    this.#gone.delete(key);
    this.#gone.set(key, sum);
  }

  /** `living`: all endpoints that something may still happen to. */
  stats(living: Iterable<EndpointState>): readonly RevisionStats[] {
    const sums = new Map<string, RevisionCounts>();
    const add = (counted: Counted) => {
      const key = keyOf(counted);
      const sum = sums.get(key) ?? new RevisionCounts(counted);
      sum.add(counted);
      sums.set(key, sum);
    };
    for (const gone of this.#gone.values()) add(gone);
    for (const state of living) add(state);
    return [...sums.values()].map((sum) => sum.toJSON());
  }

  /** Forgets services that are gone, and of each other service the oldest revisions. */
  prune(isKnown: (service: string) => boolean): void {
    const kept = new Map<string, number>();
    for (const [key, { service }] of [...this.#gone].reverse()) {
      const count = (kept.get(service) ?? 0) + 1;
      kept.set(service, count);
      if (!isKnown(service) || count > LIMITS.goneRevisions) this.#gone.delete(key);
    }
  }
}

/** What counts for a revision: an endpoint, or those that are gone. */
type Counted = Readonly<Pick<EndpointState, 'service' | 'counts' | 'mirrored'>> & {
  readonly endpoint: { readonly revision: string };
};

class RevisionCounts implements Counted {
  readonly service: string;
  readonly endpoint: { readonly revision: string };
  readonly counts = new Counts();
  readonly mirrored = new Counts();

  constructor({ service, endpoint }: Counted) {
    this.service = service;
    this.endpoint = { revision: endpoint.revision };
  }

  add({ counts, mirrored }: Counted): void {
    this.counts.merge(counts);
    if (mirrored !== undefined) this.mirrored.merge(mirrored);
  }

  toJSON(): RevisionStats {
    const { service, endpoint, counts, mirrored } = this;
    return { service, revision: endpoint.revision, ...counts.toJSON(), mirrored: mirrored.toJSON() };
  }
}

function keyOf({ service, endpoint }: Counted): string {
  return `${service} ${endpoint.revision}`;
}
