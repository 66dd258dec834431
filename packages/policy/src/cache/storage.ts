import type { CacheSpec } from '@islet/spec';
import { type CacheControl, cacheControl } from './control.ts';

/** What of a request decides whether its response may be stored. */
export interface StorableRequest {
  readonly method: string;
  readonly cacheControl: string | undefined;
  readonly hasAuthorization: boolean;
}

/** The fields of a response that a cache reads; several lines of one name are one value, joined by ", ". */
export interface StorableResponse {
  readonly status: number;
  readonly cacheControl: string | undefined;
  readonly expires: string | undefined;
  readonly date: string | undefined;
  readonly age: string | undefined;
  readonly vary: string | undefined;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly setsCookie: boolean;
}

/** When a stored response may be used, apart from what each request wants. Times in milliseconds. */
export interface Lifetime {
  /** Its age when it came. */
  readonly initialAgeMs: number;
  /** From the time it was made. */
  readonly freshForMs: number;
  /** Each use must be confirmed by the service (`no-cache`). */
  readonly alwaysAsk: boolean;
  /** It may never be used stale. */
  readonly mustRevalidate: boolean;
  /** A client that takes stale ones (`max-stale`) gets none: `s-maxage` says `proxy-revalidate` too (5.2.2.10). */
  readonly neverStaleOnRequest: boolean;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/**
 * Whether a shared cache may store a response, and for how long it may be used (RFC 9111, 3 and 4.2); undefined: it may
 * not. `tookMs` is how long the service took, `dateNow` the wall clock's time when the response came.
 *
 * Two things are stricter than the standard: a response that sets a cookie is never stored, because the cookie is one
 * client's, and nothing is guessed of a response that says nothing: `freshFor` of the file says it, or it is not
 * stored.
 */
export function lifetimeOf(
  request: StorableRequest,
  response: StorableResponse,
  { spec, tookMs, dateNow }: { readonly spec: CacheSpec; readonly tookMs: number; readonly dateNow: number },
): Lifetime | undefined {
  const control = cacheControl(response.cacheControl);
  if (request.method !== 'GET' || control.noStore || control.isPrivate || response.setsCookie) return undefined;
  if (cacheControl(request.cacheControl).noStore || response.vary?.includes('*')) return undefined;
  if (request.hasAuthorization && !isForAll(control)) return undefined;
  const explicitMs = explicitFreshness(response, control, dateNow);
  if (!isStorableStatus(response.status, { explicit: explicitMs !== undefined })) return undefined;
  const freshForMs = explicitMs ?? spec.freshForMs;
  const hasValidator = response.etag !== undefined || response.lastModified !== undefined;
  // What is never fresh and can't be confirmed would only take up room.
  if ((freshForMs === 0 || control.noCache) && !hasValidator) return undefined;
  const silent = !control.mustRevalidate && control.sharedMaxAgeMs === undefined;
  return {
    initialAgeMs: initialAgeMs(response, { tookMs, dateNow }),
    freshForMs,
    alwaysAsk: control.noCache,
    mustRevalidate: control.mustRevalidate,
    neverStaleOnRequest: !silent,
    staleWhileRevalidateMs: control.staleWhileRevalidateMs ?? (silent ? spec.staleWhileRevalidateMs : 0),
    staleIfErrorMs: control.staleIfErrorMs ?? (silent ? spec.staleIfErrorMs : 0),
  };
}

/** A response to a request with credentials is for its sender alone, unless it says otherwise (3.5). */
function isForAll({ isPublic, mustRevalidate, sharedMaxAgeMs }: CacheControl): boolean {
  return isPublic || mustRevalidate || sharedMaxAgeMs !== undefined;
}

/**
 * 4.2.1: `s-maxage`, then `max-age`, then `Expires`. A date that is none has passed (5.3); what has no `Date` was made
 * when it came (RFC 9110, 6.6.1).
 */
function explicitFreshness(
  { expires, date }: StorableResponse,
  control: CacheControl,
  dateNow: number,
): number | undefined {
  const told = control.sharedMaxAgeMs ?? control.maxAgeMs;
  if (told !== undefined) return told;
  if (expires === undefined) return undefined;
  const until = Date.parse(expires) - (date === undefined ? dateNow : Date.parse(date));
  return Number.isNaN(until) ? 0 : Math.max(0, until);
}

/** 4.2.3: by its `Date` or by its `Age` and the time it was under way, whichever says more. */
function initialAgeMs(
  { date, age }: StorableResponse,
  { tookMs, dateNow }: { readonly tookMs: number; readonly dateNow: number },
): number {
  const made = Date.parse(date ?? '');
  const apparent = Number.isNaN(made) ? 0 : Math.max(0, dateNow - made);
  const told = age !== undefined && /^[0-9]{1,10}$/.test(age) ? Number(age) * 1000 : 0;
  // `Date` counts whole seconds: a response that has just been made is not up to a second old.
  return Math.max(apparent < 1000 ? 0 : apparent, told + tookMs);
}

/** 206 and 304 are parts of a response; other statuses may be stored where the response itself says for how long. */
function isStorableStatus(status: number, { explicit }: { readonly explicit: boolean }): boolean {
  return BY_DEFAULT.has(status) || (explicit && IF_EXPLICIT.has(status));
}

/** RFC 9110, 15.1, without 206. */
const BY_DEFAULT: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const IF_EXPLICIT: ReadonlySet<number> = new Set([302, 307]);
