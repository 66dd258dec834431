import { rulePlace, type TrafficRule } from '@islet/policy';
import type { CacheSpec } from '@islet/spec';
import type { ProxyError, ProxyErrorCode } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { staleText } from '../record/reasons.ts';
import { ownFields, whyOf } from '../record/told.ts';
import type { Runtime } from '../runtime.ts';
import type { Admission } from './admission.ts';
import { withStatus } from './cache-status.ts';
import type { StoredAnswer } from './cached.ts';
import type { Call } from './call.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { addWhole, type HeadOptions, type Reply, type WholeResponse } from './reply.ts';
import { servedOf } from './stored-reply.ts';

const NO_FIELDS = { passed: '' };

const STALE = {
  'traffic.cache.staleWhileRevalidate': 'staleWhileRevalidateMs',
  'traffic.cache.staleIfError': 'staleIfErrorMs',
} as const satisfies Partial<Record<TrafficRule, keyof CacheSpec>>;

export type StaleRule = keyof typeof STALE;

export interface OwnAnswersOptions {
  readonly order: ExchangeOrder;
  readonly client: ExchangeClient;
  readonly runtime: Runtime;
  readonly call: Pick<Call, 'isSent'>;
  readonly admission: Pick<Admission, 'rateFields'>;
  readonly reply: Reply;
}

/**
 * What the proxy says itself to one request: what is stored, what stands in for an answer, an error; and what it adds to the answer of an
 * instance. Each is counted and noted as it is said.
 */
export class OwnAnswers {
  readonly #options: OwnAnswersOptions;

  constructor(options: OwnAnswersOptions) {
    this.#options = options;
  }

  /** What goes out with a head, whoever it is of. */
  headOptions(head: ResponseHead): HeadOptions {
    const { order, admission } = this.#options;
    return { close: this.#closes, fields: ownFields(head, order.trail) + admission.rateFields(head) };
  }

  stored({ stored, status }: StoredAnswer): WholeResponse {
    const { order, runtime } = this.#options;
    const now = runtime.now();
    const { head, body } = servedOf(stored, order.request, now);
    order.trail.noted('traffic.cache', status, now);
    order.edge.counts.status(head.status);
    return { head: withStatus(head, status), body };
  }

  /** What is stored is used though it has passed its time: as the file says, or the response itself. */
  stale({ stored }: StoredAnswer, rule: StaleRule): void {
    const { order, runtime } = this.#options;
    const now = runtime.now();
    const allowedMs = stored.lifetime[STALE[rule]];
    const by = allowedMs === order.policy.cache?.[STALE[rule]] ? undefined : "the response's own Cache-Control";
    order.trail.decided(rule, staleText(stored, allowedMs, now), now, undefined, { by });
  }

  /** It goes out with the next `flush` of the reply. */
  add(response: WholeResponse): void {
    const { order, runtime, reply } = this.#options;
    order.trail.answered(response.head.status, runtime.now());
    addWhole(reply, response, this.headOptions(response.head));
  }

  /** Ends the exchange for its client. */
  error({ code, message, rule, part, retryAfterMs, fields }: ProxyError): void {
    const { client, order, admission } = this.#options;
    const { service, trail, origin, way } = order;
    const written = origin.from.kind === 'gateway' ? undefined : rule && rulePlace(rule, part, way).path;
    const explanation = trail.start.asked ? trail.text : written;
    const { requestId } = origin;
    const told = fields + admission.rateFields(NO_FIELDS);
    client.answer({ code, message, explanation, retryAfterMs, fields: told, service: service.name, requestId });
  }

  /** A rule has made this error of it. */
  decided(error: ProxyError, rule: TrafficRule): void {
    const { order, runtime } = this.#options;
    const { part } = error;
    order.trail.decided(rule, whyOf(error, rule, order), runtime.now(), undefined, { part });
  }

  /** It ends without an answer of its own, and can't be told so. */
  unanswered(code: ProxyErrorCode): void {
    const { edge, trail } = this.#options.order;
    edge.counts.error(code);
    trail.failed(code, { isSent: false });
  }

  /** The client's connection can't be kept after the response. */
  get #closes(): boolean {
    const { order, call, client } = this.#options;
    return order.request.fields.close || !call.isSent || client.leaving;
  }
}
