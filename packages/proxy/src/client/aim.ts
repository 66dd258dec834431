import type { TrafficSpec } from '@islet/spec';
import { splitFields } from '../http/cookies.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import type { Edge } from '../stats.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { type Meant, meantFor, panics, pickEndpoint, type Tried } from '../upstream/pick.ts';
import type { RequestOrigin } from '../upstream/request-text.ts';
import type { ServiceState } from '../upstream/service.ts';
import { isWarm, warmText } from '../upstream/warm.ts';
import { balanceHash } from './balance-key.ts';
import { stickyField, stuckEndpoint } from './sticky.ts';

export interface AimOptions {
  readonly request: RequestHead;
  readonly origin: RequestOrigin;
  /** Whose request it is: an address, or the calling service. */
  readonly client: string;
  readonly service: ServiceState;
  readonly policy: TrafficSpec;
  readonly edge: Edge;
  readonly trail: Trail;
  readonly idempotent: boolean;
  readonly runtime: Runtime;
}

/** Where the tries of one request go: which instance, of which revision, and what its client is told of that. */
export class Aim {
  readonly #options: AimOptions;
  #meant: Meant | undefined;

  constructor(options: AimOptions) {
    this.#options = options;
  }

  /** Undefined where no endpoint is left to ask. */
  next(tried: Tried, now: number): EndpointState | undefined {
    const { service, policy, trail, idempotent, runtime } = this.#options;
    const { balance } = policy;
    const { dice } = runtime;
    const hash = this.#hash();
    const home = this.#home();
    const stuckTo = home?.standing.isOut === false && home.avoidUntil <= now ? home : undefined;
    const meant = this.#meantFor(stuckTo);
    const found = pickEndpoint(service, tried, { now, dice, idempotent, balance, meant, hash, stuckTo });
    if (found === undefined) return undefined;
    if (isWarm(service, found)) {
      trail.decided('rollout.bake', warmText(service, found), now, found);
      return found;
    }
    if (panics(service, balance)) trail.decided('traffic.balance.panic', panicText(service), now, found);
    if (meant !== undefined && tried.failed.length === 0) this.#tellSplit(meant, found, now);
    return found;
  }

  /** The head as the client gets it: one who will come back is told where to. */
  withSticky(head: ResponseHead, endpoint: EndpointState): ResponseHead {
    const { policy, service } = this.#options;
    const { sticky } = policy.balance;
    // A warm one stands in for a moment: its client's home is where it was.
    if (sticky === undefined || this.#home() === endpoint || isWarm(service, endpoint)) return head;
    return { ...head, passed: head.passed + stickyField(sticky, endpoint, this.#options.origin) };
  }

  #hash(): number | undefined {
    const { policy, request, origin, client } = this.#options;
    return balanceHash(policy.balance, { passed: request.fields.passed, target: origin.target, client });
  }

  /** Where the client's requests go to, well or not. */
  #home(): EndpointState | undefined {
    const { service, policy, request } = this.#options;
    const { sticky } = policy.balance;
    return sticky && stuckEndpoint(service, sticky, request.fields.passed);
  }

  #meantFor(stuckTo: EndpointState | undefined): Meant | undefined {
    const { service, request } = this.#options;
    if (service.split === undefined) return undefined;
    this.#meant ??= meantFor(service, splitFields(request.fields), stuckTo);
    return this.#meant;
  }

  #tellSplit({ revision, rule }: Meant, found: EndpointState, now: number): void {
    const { trail } = this.#options;
    if (found.endpoint.revision !== revision) {
      trail.decided('rollout.split', `no instance of revision ${revision} may be asked`, now, found);
    } else if (rule !== undefined) trail.decided(rule, `to revision ${revision}, as the request asks`, now, found);
  }
}

function panicText({ pool: { endpoints, available } }: ServiceState): string {
  return `${available.length} of ${endpoints.length} instances are not ejected: all are asked`;
}
