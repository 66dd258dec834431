import { type AttemptFailure, decideRetry } from '@islet/policy';
import type { Runtime } from '../runtime.ts';
import type { Edge } from '../stats.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { pickEndpoint, type ServiceState } from '../upstream/service.ts';

/** One try at one endpoint. */
export interface Attempt {
  readonly endpoint: EndpointState;
  readonly connection: UpstreamConnection;
  readonly startedAt: number;
}

export interface AttemptsOptions {
  readonly service: ServiceState;
  readonly edge: Edge;
  readonly idempotent: boolean;
  readonly runtime: Runtime;
  /** Tells that something in flight to an endpoint has ended. */
  readonly settle: (endpoint: EndpointState) => void;
}

/** The tries of one request: which endpoint is next, what failed before, and whether another try is allowed. */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #failed: EndpointState[] = [];
  readonly #refused: EndpointState[] = [];
  #charged = 0;
  #current: Attempt | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  get current(): Attempt | undefined {
    return this.#current;
  }

  get idempotent(): boolean {
    return this.#options.idempotent;
  }

  get failures(): number {
    return this.#failed.length;
  }

  /** Undefined where no endpoint is left to ask. After a failure, no kept connection is trusted. */
  begin(): Attempt | undefined {
    const { service, idempotent, runtime } = this.#options;
    const now = runtime.now();
    const tried = { failed: this.#failed, refused: this.#refused };
    const endpoint = pickEndpoint(service, tried, { now, dice: runtime.dice });
    if (endpoint === undefined) return undefined;
    const connection = endpoint.acquire({ now, once: !idempotent, fresh: this.failures > 0 });
    endpoint.counts.requests++;
    endpoint.counts.inFlight++;
    this.#current = { endpoint, connection, startedAt: now };
    return this.#current;
  }

  /** Ends the current attempt, however it went. */
  end(): Attempt | undefined {
    const attempt = this.#current;
    if (attempt === undefined) return undefined;
    this.#current = undefined;
    attempt.endpoint.counts.inFlight--;
    this.#options.settle(attempt.endpoint);
    return attempt;
  }

  noteFailure(endpoint: EndpointState, { refused }: { readonly refused: boolean }): void {
    this.#failed.push(endpoint);
    if (!refused) return;
    this.#refused.push(endpoint);
    endpoint.refused(this.#options.runtime.now());
  }

  /** Whether another attempt may follow; counts it as a retry if so. */
  mayRetry(failure: AttemptFailure, { replayable }: { readonly replayable: boolean }): boolean {
    const { edge, idempotent, runtime } = this.#options;
    const context = { idempotent, replayable, failures: this.failures, charged: this.#charged };
    const decision = decideRetry(failure, context);
    if (decision === 'no' || (decision === 'charged' && !edge.budget.tryRetry(runtime.now()))) return false;
    if (decision === 'charged') this.#charged++;
    edge.counts.retries++;
    return true;
  }
}
