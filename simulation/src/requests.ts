import type { Counters, VirtualClock } from '@islet/control-plane/testing';
import type { FakeMachine, FakeTraffic } from '@islet/driver/fake';
import type { Endpoint, RoutingTable } from '@islet/policy';

/** What instances of one revision have answered. */
export interface Served {
  readonly revision: string;
  readonly requests: number;
  readonly failures: number;
}

const NOTHING = { count: 0, sum: 0, buckets: [] };

/** What goes through the proxy, and what it counts of it. */
export class Requests {
  readonly #traffic: FakeTraffic;
  readonly #clock: VirtualClock;
  readonly #inFlight = new Map<string, number>();
  readonly #answered = new Map<string, Served & { readonly service: string }>();
  readonly #counts = new Map<string, { requests: number; inFlight: number }>();

  constructor(traffic: FakeTraffic, clock: VirtualClock) {
    this.#traffic = traffic;
    this.#clock = clock;
  }

  inFlight(instance: string): number {
    return this.#inFlight.get(instance) ?? 0;
  }

  /** One enters an instance, which must be in the table, and leaves it after a while. */
  enter(service: string, instance: string, forMs: number): void {
    this.#traffic.begin(instance);
    this.#inFlight.set(instance, this.inFlight(instance) + 1);
    this.#change(service, 1);
    this.#clock.after(forMs, () => {
      this.#change(service, -1);
      this.#inFlight.set(instance, Math.max(0, this.inFlight(instance) - 1));
      this.#end(instance);
    });
  }

  /** So many have come and gone. */
  served(service: string, { revision, requests, failures }: Served): void {
    this.#of(service).requests += requests;
    const key = `${service} ${revision}`;
    const known = this.#answered.get(key) ?? { service, revision, requests: 0, failures: 0 };
    this.#answered.set(key, {
      ...known,
      requests: known.requests + requests,
      failures: known.failures + failures,
    });
    this.#traffic.answered = [...this.#answered.values()].map((one) => ({
      ...one,
      requests: Math.floor(one.requests),
      failures: Math.floor(one.failures),
      latencyUs: NOTHING,
    }));
  }

  /** One waits at the door of a service that has no instance, for a while. */
  knock(service: string, forMs: number): void {
    this.#change(service, 1);
    this.#traffic.want(service);
    this.#clock.after(forMs, () => this.#change(service, -1));
  }

  /** The proxy dies, and all that was in flight with it; the keeper starts it again. */
  killProxy(forMs: number): void {
    this.#traffic.stop('simulated');
    this.#inFlight.clear();
    this.#answered.clear();
    this.#traffic.answered = [];
    for (const counts of this.#counts.values()) counts.inFlight = 0;
    this.#clock.after(forMs, () => this.#traffic.start());
  }

  counters(): Counters {
    const edges = [...this.#counts].map(([service, counts]) => ({
      from: 'gateway',
      service,
      ...counts,
      latencyUs: NOTHING,
    }));
    return { edges, holds: [] };
  }

  #end(instance: string): void {
    try {
      this.#traffic.end(instance);
    } catch {
      // The proxy died in between, and its requests with it.
    }
  }

  #change(service: string, by: number): void {
    const counts = this.#of(service);
    counts.inFlight = Math.max(0, counts.inFlight + by);
  }

  #of(service: string): { requests: number; inFlight: number } {
    const known = this.#counts.get(service) ?? { requests: 0, inFlight: 0 };
    this.#counts.set(service, known);
    return known;
  }
}

interface Whereabouts {
  readonly table: RoutingTable | undefined;
  readonly machine: FakeMachine;
}

/** Whom the proxy asks: the warm ones where all others are dead. */
export function askedOf({ table, machine }: Whereabouts, service: string): readonly Endpoint[] {
  const { endpoints = [], warm = [] } = table?.services[service] ?? {};
  const runs = ({ instance }: Endpoint) => machine.instances.get(instance)?.process.kind === 'running';
  return endpoints.some(runs) || !warm.some(runs) ? endpoints : warm.filter(runs);
}
