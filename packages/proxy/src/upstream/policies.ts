import { TrafficPolicies } from '@islet/policy';
import type { ServiceTraffic } from '@islet/spec';

/** The policies of one service, by caller: indexed when a caller first asks, and as long as the file says the same. */
export class Policies {
  readonly #traffic: ServiceTraffic;
  readonly #byCaller = new Map<string | undefined, TrafficPolicies>();

  constructor(traffic: ServiceTraffic) {
    this.#traffic = traffic;
  }

  of(caller: string | undefined): TrafficPolicies {
    const known = this.#byCaller.get(caller);
    if (known !== undefined) return known;
    const policies = new TrafficPolicies(this.#traffic, caller);
    this.#byCaller.set(caller, policies);
    return policies;
  }

  /** Whether anybody's failures count against an instance. */
  get judgesInstances(): boolean {
    const { outlier, overrides } = this.#traffic;
    return outlier !== undefined || overrides.some(({ policy }) => policy.outlier !== undefined);
  }
}
