import type { OutlierSpec } from '@islet/spec';
import { isUnavailable } from './breaker.ts';

/**
 * Outlier detection: an instance that fails while others answer is taken out of the choice for a while, and comes back by
 * one real request.
 *
 * The field's defaults (Envoy: 5 errors in a row, 30 s out, at most 10 % of the instances, a sweep every 10 s) are made
 * for a hundred instances: with two, 10 % is nobody. Here one may always be out where there are two, the time is short,
 * and doubt ends with evidence: when the time is over, one request goes there, and its answer decides.
 *
 * An instance can also fail without an error: it hangs. Its requests would wait for their timeouts one by one, and each
 * new one with them. So a request whose first byte is long overdue is held against it, where siblings have answered since
 * that request was sent, and it has answered nothing. A slow request alone proves nothing: the same instance answers
 * others meanwhile. Such a request is asked again elsewhere where it may be, and an answer in time clears the instance at
 * once; a late one does not, or an instance that has become slow would be trusted anew with each of its answers.
 *
 * Whoever asks counts: how many are out, and who is last, is for the caller of `eject` to know.
 */
export class Standing {
  #errors = 0;
  #gatewayErrors = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #ejection: Ejection | undefined;
  #times = 0;
  #returnedAt = Number.NEGATIVE_INFINITY;

  get isOut(): boolean {
    return this.#ejection !== undefined;
  }

  /** It is out because a request to it hung. */
  get hangs(): boolean {
    return this.#ejection?.cause === 'stall';
  }

  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** It has begun to answer, and it is not told yet how the answer ends: it doesn't hang. */
  onFirstByte({ now, isProbe }: { readonly now: number; readonly isProbe: boolean }): void {
    this.#answeredAt = now;
    if (isProbe || this.#ejection?.cause === 'stall') this.#return(now);
  }

  /** The head of a response has come. `isLate`: after it was overdue. */
  onAnswer(status: number, { now, isProbe, isLate }: Answer): void {
    this.#answeredAt = now;
    if (status < 500) {
      this.#errors = 0;
      this.#gatewayErrors = 0;
      if (!isLate && (isProbe || this.hangs)) this.#return(now);
      return;
    }
    this.#errors++;
    if (isUnavailable(status)) this.#gatewayErrors++;
    else this.#gatewayErrors = 0;
  }

  /** No response came, and that is the instance's doing. */
  onFailure(): void {
    this.#errors++;
    this.#gatewayErrors++;
  }

  /** Why it is due to be ejected by its errors in a row. */
  due({ consecutive5xx, consecutiveGateway }: OutlierSpec): OutlierCause | undefined {
    if (this.#ejection !== undefined) return undefined;
    if (this.#gatewayErrors >= consecutiveGateway) return 'gateway';
    return this.#errors >= consecutive5xx ? '5xx' : undefined;
  }

  /** Out for `base` × how often in a row, plus up to half of it, so that instances don't come back together. */
  eject(cause: OutlierCause, { baseMs, maxMs }: OutlierSpec, { now, dice }: Chance): void {
    const wasWell = this.#ejection === undefined && now - this.#returnedAt > maxMs;
    this.#times = wasWell ? 1 : this.#times + 1;
    const forMs = Math.min(baseMs * this.#times * (1 + dice() / 2), maxMs);
    this.#ejection = { cause, forMs, until: now + forMs, probing: false };
    this.#errors = 0;
    this.#gatewayErrors = 0;
  }

  /**
   * Whether this request may find out if it is well again; at most one does at a time. A request that can't be repeated
   * is risked only when none that can has come for as long again.
   */
  tryProbe(now: number, { idempotent }: { readonly idempotent: boolean }): boolean {
    const may = this.mayProbe(now, { idempotent });
    if (may && this.#ejection !== undefined) this.#ejection.probing = true;
    return may;
  }

  /** Whether `tryProbe` would say yes. */
  mayProbe(now: number, { idempotent }: { readonly idempotent: boolean }): boolean {
    const ejection = this.#ejection;
    if (ejection === undefined || ejection.probing) return false;
    return now >= ejection.until + (idempotent ? 0 : ejection.forMs);
  }

  /** The probe ended; without a verdict, another one may go. */
  endProbe(): void {
    if (this.#ejection !== undefined) this.#ejection.probing = false;
  }

  /** The policy was switched off. */
  clear(): void {
    this.#ejection = undefined;
  }

  #return(now: number): void {
    this.#ejection = undefined;
    this.#returnedAt = now;
  }
}

export type OutlierCause = '5xx' | 'gateway' | 'stall';

interface Ejection {
  readonly cause: OutlierCause;
  readonly forMs: number;
  readonly until: number;
  probing: boolean;
}

interface Answer {
  readonly now: number;
  readonly isProbe: boolean;
  readonly isLate: boolean;
}

interface Chance {
  readonly now: number;
  readonly dice: () => number;
}

/** Whether one more may go: one of two always, `maxPercent` of more, and never the last that is well. */
export function mayEject({ total, out, othersWell }: Group, { maxPercent }: OutlierSpec): boolean {
  return othersWell > 0 && out < Math.max(1, Math.floor((total * maxPercent) / 100));
}

export interface Group {
  readonly total: number;
  readonly out: number;
  /** Others that are in and take connections. */
  readonly othersWell: number;
}

const STALL = { leastMs: 1_000, factor: 4 } as const;

/** When a request's first byte is overdue: by the 99th percentile of the siblings; undefined: they have answered nothing. */
export function stallAfterMs(siblingsP99Ms: number | undefined): number {
  return siblingsP99Ms === undefined ? Number.POSITIVE_INFINITY : Math.max(STALL.leastMs, STALL.factor * siblingsP99Ms);
}
