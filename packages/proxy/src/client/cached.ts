import { type CacheUse, useOf } from '@islet/policy';
import type { CacheSpec } from '@islet/spec';
import type { Follower, Landing } from '../cache/flights.ts';
import { askingFields, type CacheFields, cacheFields } from '../cache/request.ts';
import type { CacheKey, Found } from '../cache/service-cache.ts';
import { confirmedHead, type Stored, type StoredHead, storedHead } from '../cache/stored.ts';
import { PROXY_ERRORS, type ProxyError } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import type { ExchangeOrder } from './exchange-order.ts';

export interface StoredAnswer {
  readonly stored: Stored;
  /** For `Cache-Status`. */
  readonly status: string;
}

/** What the cache has for a request. */
export type Look =
  | ({ readonly kind: 'answer'; readonly refresh: boolean } & StoredAnswer)
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
  #leads = false;
  #collapsed = false;
  #askedAt = 0;
  #purges = 0;
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
    this.#purges = this.#cache.purges;
    if (this.#bypass !== undefined) return ASK;
    const found = this.#cache.find(this.#key, this.#asked, (revision) => this.#isCurrent(revision));
    this.#found = found;
    const use = found.kind === 'stored' ? this.#useOf(found.stored, now) : undefined;
    if (found.kind === 'stored' && use !== undefined && use.kind !== 'ask') return this.#answer(found.stored, use, now);
    if (found.kind === 'stored' && landing === 'stored' && this.#collapsed)
      return this.#answerLanded(found.stored, now);
    this.#use = use?.kind === 'ask' ? use : undefined;
    this.#fwd = found.kind === 'nothing' ? found.fwd : (this.#use?.why ?? 'stale');
    if (this.#wants?.includes('only-if-cached')) return { kind: 'only-if-cached' };
    if (!this.#mayCollapse || landing === 'not-stored') return ASK;
    this.#leads = this.#cache.flights.tryLead(this.#key.text, now);
    if (this.#leads || this.#order.refreshes || !this.#cache.flights.tryFollow(this.#key.text, follower)) return ASK;
    this.#collapsed = true;
    return { kind: 'wait' };
  }

  /** The order as the service gets it: with the question whether what is stored still holds. */
  get order(): ExchangeOrder {
    const stored = this.#stored;
    if (stored === undefined || (stored.etag ?? stored.lastModified) === undefined) return this.#order;
    const { request } = this.#order;
    return { ...this.#order, request: { ...request, fields: askingFields(request.fields, stored) } };
  }

  onHead(head: ResponseHead, revision: string): Verdict {
    if (this.#invalidates(head)) this.#cache.invalidate(this.#key.target);
    const stored = this.#stored;
    if (head.status >= 500 && stored !== undefined && this.#use?.ifError) {
      this.#land('not-stored');
      return { kind: 'instead', stored, status: this.#hitStatus(stored) };
    }
    if (head.status === 304 && stored !== undefined && this.order !== this.#order) return this.#confirm(stored, head);
    this.#record(head, revision);
    const stores = this.#recording === undefined ? '' : '; stored';
    const status = `fwd=${this.#fwd}; fwd-status=${head.status}${stores}${this.#collapsed ? '; collapsed' : ''}`;
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
    if (this.#cache.purges !== this.#purges) {
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
    const stored = this.#stored;
    if (stored === undefined || !this.#use?.ifError) return undefined;
    if (PROXY_ERRORS[code].status < 500 || code === 'not-cached') return undefined;
    return { stored, status: this.#hitStatus(stored) };
  }

  /** It is over, whatever it came to. */
  end(follower: Follower, { answered }: { readonly answered: boolean }): void {
    if (this.#collapsed) this.#cache.flights.stopFollowing(this.#key.text, follower);
    this.#recording = undefined;
    this.#land(answered ? 'not-stored' : 'abandoned');
  }

  #confirm(stored: Stored, head: ResponseHead): Verdict {
    const now = this.#runtime.now();
    const { revision } = stored;
    const kept = storedHead(confirmedHead(stored, head), { ...this.#storing(now), method: 'GET', revision });
    const confirmed = kept === undefined ? stored : { ...kept, body: stored.body };
    if (kept === undefined) this.#cache.invalidate(this.#key.target);
    else this.#cache.put(this.#key, confirmed, this.#spec);
    this.#land(kept === undefined ? 'not-stored' : 'stored');
    return { kind: 'confirmed', stored: confirmed, status: `fwd=${this.#fwd}; fwd-status=304` };
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
    if (!this.#leads) return;
    this.#leads = false;
    this.#cache.flights.land(this.#key.text, landing, this.#runtime.now());
  }

  /** A refresh asks whatever there is: that is what it is for. */
  #useOf(stored: Stored, now: number): CacheUse {
    if (this.#order.refreshes) return { kind: 'ask', why: 'stale', ifError: false };
    return useOf(stored.lifetime, now - stored.storedAt, this.#asked);
  }

  #answer(stored: Stored, { kind }: CacheUse, now: number): Look {
    const refresh = kind === 'hit-and-refresh' && !this.#cache.flights.has(this.#key.text);
    return { kind: 'answer', stored, refresh, status: this.#hitStatus(stored, now) };
  }

  /** It has come since this request did, so it is new enough whatever its own time. */
  #answerLanded(stored: Stored, now: number): Look {
    return { kind: 'answer', stored, refresh: false, status: `${this.#hitStatus(stored, now)}; collapsed` };
  }

  #hitStatus({ lifetime, storedAt }: Stored, now: number = this.#runtime.now()): string {
    const leftMs = lifetime.freshForMs - lifetime.initialAgeMs - (now - storedAt);
    return `hit; ttl=${Math.trunc(leftMs / 1000)}`;
  }

  /** While requests are shared out among revisions each must be asked: the numbers decide which one stays. */
  get #bypass(): 'method' | 'bypass' | undefined {
    const { request, service } = this.#order;
    if (request.method !== 'GET' && request.method !== 'HEAD') return 'method';
    return service.split !== undefined || this.#asked.mustBeAsked ? 'bypass' : undefined;
  }

  /** Whether others may wait for this one: what it brings is likely to be theirs too. */
  get #mayCollapse(): boolean {
    const { hasAuthorization, range, ifNoneMatch, ifModifiedSince } = this.#asked;
    const isConditional = this.#stored === undefined && (ifNoneMatch ?? ifModifiedSince) !== undefined;
    if (this.#order.request.method !== 'GET' || hasAuthorization || range !== undefined) return false;
    return !isConditional && this.#use?.why !== 'request' && !this.#wants?.includes('no-store');
  }

  #invalidates({ status }: ResponseHead): boolean {
    return this.#bypass === 'method' && !SAFE.has(this.#order.request.method) && status >= 200 && status < 400;
  }

  #isCurrent(revision: string): boolean {
    const { endpoints } = this.#order.service.pool;
    if (this.#spec.acrossRevisions || endpoints.length === 0) return true;
    return endpoints.some(({ endpoint }) => endpoint.revision === revision);
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

export function withStatus(head: ResponseHead, status: string): ResponseHead {
  return { ...head, passed: `${head.passed}Cache-Status: islet; ${status}\r\n` };
}

/** What a service learns of a request beside the fields that `Vary` can name, and the target as it sees it. */
function keyOf({ request, origin }: ExchangeOrder): CacheKey {
  const { host, forwardedHost = '', forwardedProto = '' } = request.fields;
  const caller = origin.inNameOf ?? (origin.from.kind === 'edge' ? origin.from.caller : '');
  const seen = origin.from.kind === 'gateway' ? '' : `${forwardedHost} ${forwardedProto}`;
  return { text: [origin.from.kind, caller, host, seen, origin.target].join(' '), target: origin.target };
}

const ASK: Look = { kind: 'ask' };
/** RFC 9110, 9.2.1. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
