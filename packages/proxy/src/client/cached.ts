import { type CacheUse, useOf } from '@islet/policy';
import type { CacheSpec } from '@islet/spec';
import type { CacheKey } from '../cache/cache-key.ts';
import type { Flight, Follower, Landing } from '../cache/flights.ts';
import { askingFields, type CacheFields, cacheFields } from '../cache/request.ts';
import type { Found } from '../cache/service-cache.ts';
import { confirmedHead, type Stored, type StoredHead, storedHead, withoutAge } from '../cache/stored.ts';
import { PROXY_ERRORS, type ProxyError } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import { hitStatus, withStatus } from './cache-status.ts';
import type { ExchangeOrder } from './exchange-order.ts';

export interface StoredAnswer {
  readonly stored: Stored;
  /** For `Cache-Status`. */
  readonly status: string;
}

/** What the cache has for a request. */
export type Look =
  | ({ readonly kind: 'answer'; readonly isStale: boolean; readonly refresh: boolean } & StoredAnswer)
  /** Another request is under way for it. */
  | { readonly kind: 'wait' }
  /** Nobody may be asked, by the client's own word (`only-if-cached`). */
  | { readonly kind: 'only-if-cached' }
  | { readonly kind: 'ask' };

/** What becomes of a response whose head has come. */
export type Verdict =
  | { readonly kind: 'pass'; readonly head: ResponseHead }
  /** The service says that what is stored still holds. */
  | ({ readonly kind: 'confirmed' } & StoredAnswer)
  /** The service fails, and what is stored will do. */
  | ({ readonly kind: 'instead' } & StoredAnswer);

/**
 * What a service's cache does for one request: answers it, lets it wait for another, or lets it go, and keeps what it
 * brings. `Cache-Status` (RFC 9211) says which.
 */
export class Cached {
  readonly #order: ExchangeOrder;
  readonly #runtime: Runtime;
  readonly #spec: CacheSpec;
  readonly #asked: CacheFields;
  readonly #key: CacheKey;
  #found: Found | undefined;
  #use: Extract<CacheUse, { kind: 'ask' }> | undefined;
  #fwd: string;
  #leads: Flight | undefined;
  #follows: Flight | undefined;
  /** When it first waited for another. */
  #followedAt: number | undefined;
  #held: NodeJS.Timeout | undefined;
  #askedAt = 0;
  /** Of the changes, when it was asked. */
  #moment = 0;
  #recording: { readonly head: StoredHead; readonly chunks: Buffer[]; bytes: number } | undefined;

  constructor(order: ExchangeOrder, spec: CacheSpec, runtime: Runtime) {
    this.#order = order;
    this.#spec = spec;
    this.#runtime = runtime;
    this.#asked = cacheFields(order.request.fields);
    this.#key = keyOf(order);
    this.#fwd = this.#bypass ?? 'uri-miss';
  }

  /** What the cache has; before anybody else is asked. A follower looks again when what it waited for has landed. */
  look(follower: Follower, landing?: Landing): Look {
    const now = this.#runtime.now();
    this.#askedAt = now;
    this.#moment = this.#cache.changes.moment;
    if (this.#bypass !== undefined) return ASK;
    const found = this.#cache.find(this.#key, this.#asked, (revision) => this.#isCurrent(revision));
    this.#found = found;
    const use = found.kind === 'stored' ? this.#useOf(found.stored, now) : undefined;
    if (found.kind === 'stored' && use !== undefined && use.kind !== 'ask') return this.#answer(found.stored, use, now);
    if (found.kind === 'stored' && landing === 'stored' && this.#hasComeSince(found.stored))
      return this.#answerLanded(found.stored, now);
    this.#use = use?.kind === 'ask' ? use : undefined;
    this.#fwd = found.kind === 'nothing' ? found.fwd : (this.#use?.why ?? 'stale');
    if (this.#wants?.includes('only-if-cached')) return { kind: 'only-if-cached' };
    if (!this.#mayCollapse || landing === 'not-stored' || landing === 'held') return ASK;
    this.#leads = this.#cache.flights.tryLead(this.#key, now);
    if (this.#leads !== undefined || this.#order.refreshes) return ASK;
    this.#follows = this.#cache.flights.tryFollow(this.#key, follower);
    if (this.#follows === undefined) return ASK;
    this.#followedAt ??= now;
    return { kind: 'wait' };
  }

  /** The order as the service gets it: with the question whether what is stored still holds. */
  get order(): ExchangeOrder {
    const stored = this.#stored;
    if (stored === undefined || (stored.etag ?? stored.lastModified) === undefined) return this.#order;
    const { request } = this.#order;
    return { ...this.#order, request: { ...request, fields: askingFields(request.fields, stored) } };
  }

  /** The service has answered so, whatever becomes of its answer: what is stored may be true no longer (RFC 9111, 4.4). */
  onStatus({ status }: ResponseHead): void {
    const succeeds = status >= 200 && status < 400;
    if (succeeds && !SAFE.has(this.#order.request.method)) this.#cache.invalidate(this.#key.target);
  }

  onHead(head: ResponseHead, revision: string): Verdict {
    const instead = head.status >= 500 ? this.#instead : undefined;
    if (instead !== undefined) {
      this.#land('not-stored');
      return { kind: 'instead', ...instead };
    }
    const stored = this.#stored;
    if (head.status === 304 && stored !== undefined && this.order !== this.#order) return this.#confirm(stored, head);
    this.#record(head, revision);
    const stores = this.#recording === undefined ? '' : '; stored';
    const status = `fwd=${this.#fwd}; fwd-status=${head.status}${stores}${this.#followedAt === undefined ? '' : '; collapsed'}`;
    return { kind: 'pass', head: withStatus(head, status) };
  }

  onBody(bytes: Buffer): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    recording.bytes += bytes.length;
    if (recording.bytes > this.#spec.maxBodyBytes) {
      this.#recording = undefined;
      this.#land('not-stored');
    } else recording.chunks.push(Buffer.from(bytes));
  }

  /** It has been read whole. Trailers are not kept, so a response that has some is not either. */
  onBodyEnd({ hasTrailers }: { readonly hasTrailers: boolean }): void {
    const recording = this.#recording;
    this.#recording = undefined;
    if (recording === undefined || hasTrailers) return;
    if (this.#isOld) {
      this.#land('abandoned');
      return;
    }
    const body = Buffer.allocUnsafeSlow(recording.bytes);
    let at = 0;
    for (const chunk of recording.chunks) at += chunk.copy(body, at);
    this.#cache.put(this.#key, { ...recording.head, body }, this.#spec);
    this.#land('stored');
  }

  /** What is used where the service has not answered at all; undefined: nothing. */
  insteadOf({ code }: ProxyError): StoredAnswer | undefined {
    return PROXY_ERRORS[code].status < 500 || code === 'not-cached' ? undefined : this.#instead;
  }

  /** Its client takes no more for now. Others wait for it a moment longer, and not until it does. */
  onHeld(): void {
    if (this.#leads !== undefined) this.#held ??= setTimeout(() => this.#land('held'), LIMITS.cacheHeldMs);
  }

  /** It is over, whatever it came to. */
  end(follower: Follower, { answered }: { readonly answered: boolean }): void {
    this.#follows?.followers.delete(follower);
    this.#recording = undefined;
    this.#land(answered ? 'not-stored' : 'abandoned');
  }

  #confirm(stored: Stored, head: ResponseHead): Verdict {
    const now = this.#runtime.now();
    const { revision } = stored;
    const told = confirmedHead(stored, head);
    const kept = storedHead(told, { ...this.#storing(now), method: 'GET', revision });
    // Also where it is not kept any more, this client gets what the service has just said of it.
    const confirmed = { ...stored, head: withoutAge(told), ...kept };
    this.#land(this.#keep(kept === undefined ? undefined : confirmed));
    return { kind: 'confirmed', stored: confirmed, status: `fwd=${this.#fwd}; fwd-status=304` };
  }

  /** Undefined: it may not be kept any longer. */
  #keep(confirmed: Stored | undefined): Landing {
    if (this.#isOld) return 'abandoned';
    if (confirmed === undefined) this.#cache.invalidate(this.#key.target);
    else this.#cache.put(this.#key, confirmed, this.#spec);
    return confirmed === undefined ? 'not-stored' : 'stored';
  }

  #record(head: ResponseHead, revision: string): void {
    const { framing } = head;
    // A body that ends with the connection is never known to be whole.
    const isWhole =
      framing.kind === 'chunked' || (framing.kind === 'length' && framing.length <= this.#spec.maxBodyBytes);
    const isBodiless = framing.kind === 'none' && (head.status === 204 || head.toldLength === 0);
    const mayStore = this.#bypass === undefined && (isWhole || isBodiless);
    const { method } = this.#order.request;
    const now = this.#runtime.now();
    const storable = mayStore ? storedHead(head, { ...this.#storing(now), method, revision }) : undefined;
    if (storable === undefined) this.#land('not-stored');
    else this.#recording = { head: storable, chunks: [], bytes: 0 };
  }

  #storing(now: number) {
    return { asked: this.#asked, spec: this.#spec, askedAt: this.#askedAt, now, dateNow: Date.now() };
  }

  #land(landing: Landing): void {
    const flight = this.#leads;
    if (flight === undefined) return;
    this.#leads = undefined;
    clearTimeout(this.#held);
    this.#cache.flights.land(flight, landing, this.#runtime.now());
  }

  /** A refresh asks whatever there is: that is what it is for. */
  #useOf(stored: Stored, now: number): CacheUse {
    if (this.#order.refreshes) return { kind: 'ask', why: 'stale', ifError: false };
    return useOf(stored.lifetime, now - stored.storedAt, this.#asked);
  }

  #answer(stored: Stored, { kind }: CacheUse, now: number): Look {
    const isStale = kind === 'hit-and-refresh';
    const refresh = isStale && this.#cache.flights.mayLead(this.#key, now);
    return { kind: 'answer', stored, isStale, refresh, status: hitStatus(stored, now) };
  }

  /** For one that has come since this request did: it is new enough whatever its own time. */
  #answerLanded(stored: Stored, now: number): Look {
    return { kind: 'answer', stored, isStale: false, refresh: false, status: `${hitStatus(stored, now)}; collapsed` };
  }

  /** While requests are shared out among revisions each must be asked: the numbers decide which one stays. */
  get #bypass(): 'method' | 'bypass' | undefined {
    const { request, service } = this.#order;
    if (request.method !== 'GET' && request.method !== 'HEAD') return 'method';
    return service.split !== undefined || this.#asked.mustBeAsked ? 'bypass' : undefined;
  }

  /** Whether others may wait for this one: what it brings is likely to be theirs too. */
  get #mayCollapse(): boolean {
    if (this.#order.refreshes) return true;
    const { hasAuthorization, range, ifNoneMatch, ifModifiedSince } = this.#asked;
    const isConditional = this.#stored === undefined && (ifNoneMatch ?? ifModifiedSince) !== undefined;
    if (this.#order.request.method !== 'GET' || hasAuthorization || range !== undefined) return false;
    return !isConditional && this.#use?.why !== 'request' && !this.#wants?.includes('no-store');
  }

  #isCurrent(revision: string): boolean {
    const { endpoints } = this.#order.service.pool;
    if (this.#spec.acrossRevisions || endpoints.length === 0) return true;
    return endpoints.some(({ endpoint }) => endpoint.revision === revision);
  }

  /** Of what is stored, only what has landed meanwhile: `Vary` may select another one, which is as old as it was. */
  #hasComeSince({ storedAt }: Stored): boolean {
    return this.#followedAt !== undefined && storedAt >= this.#followedAt;
  }

  /** What is asked for was changed meanwhile: the service may have said it before that, and it is not kept. */
  get #isOld(): boolean {
    return this.#cache.changes.since(this.#moment, this.#key.target);
  }

  /** What is used where the service fails. */
  get #instead(): StoredAnswer | undefined {
    const stored = this.#stored;
    if (stored === undefined || !this.#use?.ifError || this.#isOld) return undefined;
    return { stored, status: hitStatus(stored, this.#runtime.now()) };
  }

  get #stored(): Stored | undefined {
    return this.#found?.kind === 'stored' ? this.#found.stored : undefined;
  }

  get #wants(): string | undefined {
    return this.#asked.cacheControl?.toLowerCase();
  }

  get #cache() {
    return this.#order.service.cache;
  }
}

/** Undefined where the service has none. */
export function cachedOf(order: ExchangeOrder, runtime: Runtime): Cached | undefined {
  const { cache } = order.policy;
  return cache === undefined ? undefined : new Cached(order, cache, runtime);
}

/** What a service learns of a request beside the fields that `Vary` can name, and the target as it sees it. */
function keyOf({ request, origin }: ExchangeOrder): CacheKey {
  const { host, forwardedHost = '', forwardedProto = '' } = request.fields;
  const caller = origin.inNameOf ?? (origin.from.kind === 'edge' ? origin.from.caller : '');
  const seen = origin.from.kind === 'gateway' ? `${origin.secure}` : `${forwardedHost} ${forwardedProto}`;
  return { text: [origin.from.kind, caller, host, seen, origin.target].join(' '), target: origin.target };
}

const ASK: Look = { kind: 'ask' };
/** RFC 9110, 9.2.1. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
