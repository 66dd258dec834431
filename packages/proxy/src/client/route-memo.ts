import { isIdempotent } from '@islet/policy';
import type { RequestHead } from '../http/request-head.ts';
import type { Counts } from '../stats.ts';
import { SteadyHead } from '../upstream/steady-head.ts';
import type { Destination, ListenerRules, ToService } from './rules.ts';

/** Where a request goes, and what follows from that for each one like it. */
export type Routed = Exclude<Destination, ToService> | RoutedToService;

export interface RoutedToService extends ToService {
  /** The route by which it is counted; undefined: none. */
  readonly named: string | undefined;
  readonly counts: Counts | undefined;
  /** Doing it twice is doing it once. */
  readonly idempotent: boolean;
}

/**
 * Where the last request of one connection went. A client that sends the same head again (its parser then gives the same
 * object) is sent the same way, as long as the table is the same and the service is there.
 */
export class RouteMemo {
  /** Of what it is sent as. */
  readonly steady = new SteadyHead();
  #request: RequestHead | undefined;
  #rules: ListenerRules | undefined;
  #routed: RoutedToService | undefined;

  find(request: RequestHead, rules: ListenerRules, { secure }: { readonly secure: boolean }): Routed {
    const known = this.#routed;
    if (known !== undefined && this.#request === request && this.#rules === rules && rules.has(known.service)) {
      return known;
    }
    const routed = routedBy(rules, request, secure);
    this.#request = request;
    this.#rules = rules;
    this.#routed = routed.kind === 'service' ? routed : undefined;
    return routed;
  }
}

function routedBy(rules: ListenerRules, request: RequestHead, secure: boolean): Routed {
  const destination = rules.route(request, { secure });
  if (destination.kind === 'nowhere') return destination;
  const { edge, way, route } = destination;
  const named = way.route ?? route;
  const counts = named === undefined ? undefined : edge.countsOf(named);
  const idempotent = isIdempotent(request.method, { hasKey: request.fields.hasIdempotencyKey });
  return { ...destination, named, counts, idempotent };
}
