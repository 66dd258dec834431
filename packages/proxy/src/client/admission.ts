import { isUnavailable } from '@islet/policy';
import type { BreakerSpec } from '@islet/spec';
import { ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { Edge } from '../stats.ts';

export interface AdmissionOptions {
  readonly edge: Edge;
  readonly breaker: BreakerSpec | undefined;
  readonly runtime: Runtime;
}

/** Whether one request is let through to its service, and what its end says to those who decide that of the next ones. */
export class Admission {
  readonly #options: AdmissionOptions;
  /** In which generation of the breaker it was let through; undefined: it owes the breaker nothing. */
  #generation: number | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Why it is refused; undefined: it may go. */
  refusal(): ProxyError | undefined {
    const { edge, breaker, runtime } = this.#options;
    if (breaker === undefined) return undefined;
    const now = runtime.now();
    this.#generation = edge.breaker.admit(now, breaker);
    if (this.#generation !== undefined) return undefined;
    const retryAfterMs = edge.breaker.refusedForMs(now);
    return new ProxyError('breaker-open', 'too many of the last calls have failed', {
      rule: 'traffic.breaker',
      retryAfterMs,
    });
  }

  /** The head of the response that the caller gets. */
  answered(status: number): void {
    this.#record(isUnavailable(status));
  }

  /** The caller gets an error of the proxy's own. */
  failed(code: ProxyErrorCode): void {
    if (UNAVAILABLE.has(code)) this.#record(true);
    else this.abandoned();
  }

  /** Nothing was learnt of the service. */
  abandoned(): void {
    if (this.#generation !== undefined) this.#options.edge.breaker.release(this.#generation);
    this.#generation = undefined;
  }

  #record(failed: boolean): void {
    const { edge, breaker, runtime } = this.#options;
    if (this.#generation === undefined || breaker === undefined) return;
    edge.breaker.record(this.#generation, { failed, now: runtime.now() }, breaker);
    this.#generation = undefined;
  }
}

/**
 * No answer came, and the caller waited for it. Where none was there to ask, or all refuse, callers wait for nothing, and
 * the next instance must not be kept waiting; where the caller itself ran out of time, nothing is proved.
 */
const UNAVAILABLE: ReadonlySet<ProxyErrorCode> = new Set([
  'connect-timeout',
  'response-timeout',
  'upstream-reset',
  'bad-response',
]);
