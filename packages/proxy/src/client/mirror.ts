import type { ProxyErrorCode } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import { Counts } from '../stats.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { type MirrorState, speaksHttp2 } from '../upstream/service.ts';
import type { Gone, ResponseUser, Wire } from '../upstream/wire.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { failureOf } from './failures.ts';

/**
 * Sends a copy of the request to the revision that is looked at, where the split says so and it has an instance that is well.
 * The original, which `chosen` answers, neither waits for it nor learns of it; and what becomes of it counts for the
 * instance's mirrored requests only: no breaker, budget, ejection or balance heeds it.
 */
export function mirror(order: ExchangeOrder, chosen: EndpointState, runtime: Runtime): void {
  const { split } = order.service;
  if (split === undefined) return;
  const { mirror, pools } = split;
  if (mirror === undefined || mirror.revision === chosen.endpoint.revision || !isCopiable(order)) return;
  if (mirror.draw.next() * 100 >= mirror.percent) return;
  const pool = pools.get(mirror.revision);
  const now = runtime.now();
  const choice = { now, dice: runtime.dice, hash: undefined };
  const endpoint = pool?.balancer(order.policy.balance).choose(pool.available, choice);
  if (endpoint === undefined || endpoint.avoidUntil > now) return;
  endpoint.mirrored ??= new Counts();
  if (mirror.inFlight < LIMITS.mirrorsInFlight) {
    new Copy(order, { endpoint, counts: endpoint.mirrored, mirror, runtime });
  } else endpoint.mirrored.error('overloaded');
}

/** Safe (RFC 9110, 9.2.1), whole, and no beginning of something else. */
function isCopiable({ request: { method, fields } }: ExchangeOrder): boolean {
  return COPIABLE.has(method) && fields.framing.kind === 'none' && fields.upgrade === undefined;
}

const COPIABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

interface CopyOptions {
  readonly endpoint: EndpointState;
  readonly counts: Counts;
  readonly mirror: MirrorState;
  readonly runtime: Runtime;
}

/** A request whose response nobody waits for. */
class Copy implements ResponseUser {
  readonly #order: ExchangeOrder;
  readonly #options: CopyOptions;
  readonly #wire: Wire;
  readonly #startedAt: number;
  readonly deadlineAt: number;
  #state: 'asking' | 'whole' | 'over' = 'asking';
  #bytes = 0;

  constructor(order: ExchangeOrder, options: CopyOptions) {
    const { endpoint, counts, mirror, runtime } = options;
    this.#order = order;
    this.#options = options;
    this.#startedAt = runtime.now();
    this.deadlineAt = this.#startedAt + order.policy.timeout.requestMs;
    const http2 = speaksHttp2(order.service, endpoint);
    mirror.inFlight++;
    counts.requests++;
    counts.inFlight++;
    runtime.deadlines.add(this);
    this.#wire = endpoint.acquire({ now: this.#startedAt, once: false, fresh: false, http2 });
    this.#wire.use(this);
    if (this.#wire.open) this.onOpen();
  }

  onOpen(): void {
    const { request, origin } = this.#order;
    const time = { headMs: this.deadlineAt - this.#options.runtime.now(), callMs: undefined };
    this.#wire.send({ request, origin: { ...origin, isMirror: true }, time, body: [], trailers: [] });
  }

  onInformational(): void {}

  onHead({ status }: ResponseHead): void {
    this.#options.counts.status(status);
  }

  onBody(bytes: Buffer): void {
    this.#bytes += bytes.length;
  }

  onBodyEnd(): void {
    this.#state = 'whole';
  }

  onFlush(): boolean {
    if (this.#state === 'whole') {
      const { endpoint, counts, runtime } = this.#options;
      const now = runtime.now();
      counts.latency(now - this.#startedAt);
      this.#end();
      endpoint.release(this.#wire, now);
    } else if (this.#bytes > LIMITS.mirroredBytes) this.#giveUp(undefined);
    return true;
  }

  onDrain(): void {}

  onSilent(): void {}

  onGone(why: Gone): void {
    const { kind } = failureOf(why, this.#wire);
    // A kept connection that its server has closed in order is no failure of the revision.
    this.#giveUp(kind === 'stale' ? undefined : why === 'bad-response' ? 'bad-response' : 'upstream-reset');
  }

  onDeadline(): void {
    this.#giveUp('response-timeout');
  }

  #giveUp(error: ProxyErrorCode | undefined): void {
    if (this.#state === 'over') return;
    if (error !== undefined) this.#options.counts.error(error);
    this.#end();
    this.#wire.destroy();
  }

  #end(): void {
    const { counts, mirror, runtime } = this.#options;
    this.#state = 'over';
    mirror.inFlight--;
    counts.inFlight--;
    runtime.deadlines.delete(this);
  }
}
