import { cacheControl } from './control.ts';
import type { Lifetime } from './storage.ts';

/** What is done with a stored response for one request. */
export type CacheUse =
  /** It is the answer. */
  | { readonly kind: 'hit'; readonly ageMs: number }
  /** It is the answer, and meanwhile the service is asked for the next one (RFC 5861, 3). */
  | { readonly kind: 'hit-and-refresh'; readonly ageMs: number }
  /** The service is asked whether it still holds; `ifError`: it is the answer should the service fail (RFC 5861, 4). */
  | { readonly kind: 'ask'; readonly why: 'stale' | 'request'; readonly ifError: boolean };

/** How a stored response is used for a request that selects it (RFC 9111, 4). `residentMs`: since it came. */
export function useOf(
  lifetime: Lifetime,
  residentMs: number,
  request: { readonly cacheControl: string | undefined; readonly pragma: string | undefined },
): CacheUse {
  const ageMs = lifetime.initialAgeMs + residentMs;
  const staleMs = ageMs - lifetime.freshForMs;
  const wanted = cacheControl(request.cacheControl);
  const noCache = wanted.noCache || (request.cacheControl === undefined && /\bno-cache\b/i.test(request.pragma ?? ''));
  const mayBeStale = !lifetime.mustRevalidate && !lifetime.alwaysAsk;
  const ifError = mayBeStale && staleMs <= lifetime.staleIfErrorMs;
  const ask = (why: 'stale' | 'request'): CacheUse => ({ kind: 'ask', why, ifError });
  if (noCache || ageMs > (wanted.maxAgeMs ?? Number.POSITIVE_INFINITY)) return ask('request');
  if (lifetime.alwaysAsk) return ask('stale');
  if (staleMs < 0) return -staleMs < (wanted.minFreshMs ?? 0) ? ask('request') : { kind: 'hit', ageMs };
  if (!mayBeStale || wanted.minFreshMs !== undefined) return ask('stale');
  if (!lifetime.neverStaleOnRequest && staleMs <= (wanted.maxStaleMs ?? -1)) return { kind: 'hit', ageMs };
  return staleMs < lifetime.staleWhileRevalidateMs ? { kind: 'hit-and-refresh', ageMs } : ask('stale');
}
