import { type AttemptFailure, decideRetry, retryDelayMs } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import type { ProxyErrorCode } from '../errors.ts';
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
  readonly policy: TrafficSpec;
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

  /** Whether an instance is left that this request has not been sent to. */
  get othersLeft(): boolean {
    const { endpoints } = this.#options.service;
    return endpoints.some((endpoint) => endpoint !== this.#current?.endpoint && !this.#failed.includes(endpoint));
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

  /** Ends the current attempt: its response has been read to the end, or is worth no reading. */
  finish({ reusable }: { readonly reusable: boolean }): void {
    const attempt = this.end();
    if (attempt === undefined) return;
    const now = this.#options.runtime.now();
    attempt.endpoint.counts.latency(now - attempt.startedAt);
    if (reusable) attempt.endpoint.release(attempt.connection, now);
    else attempt.connection.destroy();
  }

  /** Ends the current attempt without a response. */
  fail(error: ProxyErrorCode, { refused }: { readonly refused: boolean }): EndpointState | undefined {
    const attempt = this.end();
    if (attempt === undefined) return undefined;
    const { endpoint, connection } = attempt;
    connection.destroy();
    endpoint.counts.error(error);
    this.avoid(endpoint);
    if (refused) this.#refused.push(endpoint);
    if (refused) endpoint.refused(this.#options.runtime.now());
    return endpoint;
  }

  /** The next attempt goes to another endpoint, if there is one. */
  avoid(endpoint: EndpointState): void {
    this.#failed.push(endpoint);
  }

  /** How long to wait before another attempt, which is counted as a retry; undefined where none may follow. */
  retryDelayMs(failure: AttemptFailure, { replayable }: { readonly replayable: boolean }): number | undefined {
    const { edge, idempotent, policy, runtime } = this.#options;
    const { retry } = policy;
    const context = { idempotent, replayable, failures: this.failures, charged: this.#charged };
    const decision = decideRetry(failure, context, retry);
    if (decision === 'no') return undefined;
    if (decision === 'free' || retry === undefined) {
      edge.counts.retries++;
      return 0;
    }
    if (!edge.budget.tryRetry(runtime.now(), retry.budgetPercent)) {
      edge.decided('traffic.retry.budget');
      return undefined;
    }
    this.#charged++;
    edge.counts.retries++;
    edge.decided('traffic.retry');
    return retryDelayMs(this.#charged, { backoff: retry.backoff, dice: runtime.dice });
  }
}
