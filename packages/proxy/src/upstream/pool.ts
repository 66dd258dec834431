import { Balancer } from '@islet/policy';
import type { BalanceSpec } from '@islet/spec';
import type { EndpointState } from './endpoint.ts';

/** Instances that requests are balanced among: all of a service, or those of one revision. */
export class Pool {
  readonly endpoints: readonly EndpointState[];
  /** What nearly all answers took at most, of late; undefined: not known. */
  p95Ms: number | undefined;
  #available: readonly EndpointState[];
  readonly #balancers = new WeakMap<BalanceSpec, Balancer<EndpointState>>();

  constructor(endpoints: readonly EndpointState[]) {
    this.endpoints = endpoints;
    this.#available = wellOf(endpoints);
  }

  /** Those that are not ejected. */
  get available(): readonly EndpointState[] {
    return this.#available;
  }

  /** After an instance has been ejected or has come back. */
  refresh(): void {
    this.#available = wellOf(this.endpoints);
  }

  /** The one that keeps turns and a ring for this section of a policy. */
  balancer(spec: BalanceSpec): Balancer<EndpointState> {
    const known = this.#balancers.get(spec);
    if (known !== undefined) return known;
    const balancer = new Balancer<EndpointState>(spec);
    this.#balancers.set(spec, balancer);
    return balancer;
  }
}

function wellOf(endpoints: readonly EndpointState[]): readonly EndpointState[] {
  return endpoints.filter(({ standing }) => !standing.isOut);
}
