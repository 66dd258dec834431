import { LIMITS } from '../limits.ts';
import { Counts, type RevisionStats } from '../stats.ts';
import type { EndpointState } from './endpoint.ts';

/**
 * What each revision's instances answered, also those that are gone: a canary is judged by all of its instances, and by
 * each try, so a failure that was healed elsewhere still counts against it. Nothing is counted twice on the way of a
 * request: an instance's own counts are added when they are asked for, and kept here when it is gone.
 */
export class RevisionLedger {
  readonly #gone = new Map<string, Gone>();

  /** Nothing more will happen to it. */
  keep({ service, endpoint: { revision }, counts }: EndpointState): void {
    const key = `${service} ${revision}`;
    const before = this.#gone.get(key);
    const sum = before?.counts ?? new Counts();
    sum.merge(counts);
    // Set anew, it is the youngest.
    this.#gone.delete(key);
    this.#gone.set(key, { service, revision, counts: sum });
  }

  /** `living`: all endpoints that something may still happen to. */
  stats(living: Iterable<EndpointState>): readonly RevisionStats[] {
    const sums = new Map<string, Gone>();
    const add = ({ service, revision, counts }: Gone) => {
      const key = `${service} ${revision}`;
      const sum = sums.get(key) ?? { service, revision, counts: new Counts() };
      sum.counts.merge(counts);
      sums.set(key, sum);
    };
    for (const gone of this.#gone.values()) add(gone);
    for (const { service, endpoint, counts } of living) add({ service, revision: endpoint.revision, counts });
    return [...sums.values()].map(({ service, revision, counts }) => ({ service, revision, ...counts.toJSON() }));
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

interface Gone {
  readonly service: string;
  readonly revision: string;
  readonly counts: Counts;
}
