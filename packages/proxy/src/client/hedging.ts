import { budgetText } from '../record/reasons.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { HedgedWire } from '../upstream/hedged-wire.ts';
import type { Gone, Wire } from '../upstream/wire.ts';
import type { Attempt, AttemptsOptions } from './attempts.ts';
import { errorOf } from './failures.ts';

/** What hedging needs of the tries of its request. */
export interface HedgedTries {
  /** Another instance than those that were asked; undefined: there is none that is well. */
  elsewhere(now: number): EndpointState | undefined;
  connect(endpoint: EndpointState, now: number): Wire;
  /** Makes this the current attempt. Returns the one that was. */
  replace(attempt: Attempt): Attempt | undefined;
  /** What an instance did is held against it. `status`: it answered so; undefined: it answered nothing. */
  blame(attempt: Attempt, status?: number): void;
}

/** Asks a second instance where the first is slow, and keeps the books of both. */
export class Hedging {
  readonly #options: AttemptsOptions;
  readonly #tries: HedgedTries;

  constructor(options: AttemptsOptions, tries: HedgedTries) {
    this.#options = options;
    this.#tries = tries;
  }

  /** The wire of a try as its user sees it. */
  around(first: Wire): Wire {
    const { policy, service, request, idempotent, runtime } = this.#options;
    const delayMs = policy.hedge && (policy.hedge.delayMs ?? service.pool.p95Ms);
    if (delayMs === undefined || !idempotent || request.fields.upgrade !== undefined) return first;
    let second: Attempt | undefined;
    const hedged: Wire = new HedgedWire({
      first,
      delayMs,
      now: runtime.now,
      openSecond: () => {
        const opened = this.#open(delayMs);
        if (opened !== undefined) second = { ...opened, wire: hedged };
        return opened?.wire;
      },
      onSecond: (gone) => {
        if (second !== undefined) this.#switchTo(second, gone);
      },
      onSecondLost: (outcome) => {
        if (second !== undefined) this.#lose(second, outcome);
      },
    });
    return hedged;
  }

  /** It is taken from the retry budget: both are load that nobody asked for. */
  #open(delayMs: number): Attempt | undefined {
    const { policy, edge, trail, runtime } = this.#options;
    const now = runtime.now();
    const endpoint = this.#tries.elsewhere(now);
    if (endpoint === undefined || policy.retry === undefined) return undefined;
    if (!edge.budget.tryRetry(now, policy.retry.budgetPercent)) {
      const spent = budgetText(edge.budget, policy.retry);
      trail.decided('traffic.retry.budget', `nothing is left of it for a second request: ${spent}`, now);
      return undefined;
    }
    edge.counts.retries++;
    endpoint.counts.requests++;
    endpoint.counts.inFlight++;
    trail.decided('traffic.hedge', `no answer within ${Math.round(delayMs)} ms`, now, endpoint);
    return { endpoint, wire: this.#tries.connect(endpoint, now), isProbe: false, startedAt: now };
  }

  #switchTo(second: Attempt, gone: Gone | undefined): void {
    const { trail, runtime, settle } = this.#options;
    const now = runtime.now();
    trail.tryCameTo(gone ?? 'outrun');
    trail.tryEnds(now);
    const first = this.#tries.replace(second);
    trail.tryBegins(second.endpoint, second.startedAt, { probe: false });
    trail.tryOpened(now);
    if (first === undefined) return;
    first.endpoint.counts.inFlight--;
    if (gone !== undefined) this.#goneFor(first, gone);
    settle(first.endpoint);
  }

  #lose(second: Attempt, outcome: number | Gone | 'late'): void {
    const { endpoint } = second;
    endpoint.counts.inFlight--;
    if (typeof outcome === 'number') {
      endpoint.counts.status(outcome);
      this.#tries.blame(second, outcome);
    } else if (outcome !== 'late') this.#goneFor(second, outcome);
    this.#options.settle(endpoint);
  }

  #goneFor(attempt: Attempt, why: Gone): void {
    const { endpoint } = attempt;
    endpoint.counts.error(errorOf(why).code);
    if (why === 'refused') endpoint.refused(this.#options.runtime.now());
    else if (why !== 'unprocessed') this.#tries.blame(attempt);
  }
}
