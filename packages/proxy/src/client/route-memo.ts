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
  /** Of what it is sent as. */
  readonly steady: SteadyHead;
}

/**
 * Where the last request of one connection went. A client that sends the same head again (its reader then gives the same
 * object) is sent the same way, as long as the table is the same and the service is there. What is known of a head that many
 * connections send is known once, for all that come from the same address: see `CommonHeads`.
 */
export class RouteMemo {
  readonly #from: Whence;
  #known: Known | undefined;
  #isCommon = false;

  constructor(from: Whence) {
    this.#from = from;
  }

  find(request: RequestHead, rules: ListenerRules): Routed {
    const known = this.#known;
    if (known !== undefined && known.request === request && known.rules === rules && rules.has(known.routed.service)) {
      return this.#isCommon ? known.routed : this.#share(known);
    }
    const routed = routedBy(rules, request, this.#from.secure);
    this.#known = routed.kind === 'service' ? { request, rules, routed, from: this.#from } : undefined;
    this.#isCommon = false;
    return routed;
  }

  /** It has come a second time. */
  #share(known: Known): RoutedToService {
    this.#isCommon = true;
    const common = COMMON.get(known.request);
    if (common === undefined || common.rules !== known.rules || !known.rules.has(common.routed.service)) {
      COMMON.set(known.request, known);
    } else if (common.from.clientAddress === this.#from.clientAddress && common.from.secure === this.#from.secure) {
      this.#known = common;
    }
    return known.routed;
  }
}

interface Whence {
  readonly clientAddress: string;
  readonly secure: boolean;
}

interface Known {
  readonly request: RequestHead;
  readonly rules: ListenerRules;
  readonly routed: RoutedToService;
  readonly from: Whence;
}

const COMMON = new WeakMap<RequestHead, Known>();

function routedBy(rules: ListenerRules, request: RequestHead, secure: boolean): Routed {
  const destination = rules.route(request, { secure });
  if (destination.kind === 'nowhere') return destination;
  const { edge, way, route } = destination;
  const named = way.route ?? route;
  const counts = named === undefined ? undefined : edge.countsOf(named);
  const idempotent = isIdempotent(request.method, { hasKey: request.fields.hasIdempotencyKey });
  return { ...destination, named, counts, idempotent, steady: new SteadyHead() };
}
