/** The directives of `Cache-Control` that a shared cache heeds (RFC 9111, 5.2; RFC 5861). Durations in milliseconds. */
export interface CacheControl {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly isPrivate: boolean;
  readonly isPublic: boolean;
  readonly mustRevalidate: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAgeMs: number | undefined;
  readonly sharedMaxAgeMs: number | undefined;
  readonly minFreshMs: number | undefined;
  /** `Infinity`: however stale. */
  readonly maxStaleMs: number | undefined;
  readonly staleWhileRevalidateMs: number | undefined;
  readonly staleIfErrorMs: number | undefined;
}

/**
 * Reads one `Cache-Control`; several lines are one list. Names are compared without case, arguments may be quoted,
 * unknown directives are ignored. Where one stands twice, or its number is none, the reading that keeps less for less
 * long holds (4.2.1). `no-cache` and `private` with a list of fields hold for the whole response: nobody agreed on the
 * list.
 */
export function cacheControl(value: string | undefined): CacheControl {
  const found = new Map<string, string | undefined>();
  const lengths = new Map<string, number>();
  for (const [, name = '', quoted, plain] of (value ?? '').matchAll(DIRECTIVE)) {
    const lower = name.toLowerCase();
    const argument = quoted ?? plain;
    found.set(lower, argument);
    const ms = durationOf(argument);
    if (ms !== undefined) lengths.set(lower, Math.min(ms, lengths.get(lower) ?? ms));
    else if (argument !== undefined || lower !== 'max-stale') lengths.set(lower, 0);
  }
  const has = (name: string) => found.has(name);
  const ms = (name: string) => (has(name) ? (lengths.get(name) ?? Number.POSITIVE_INFINITY) : undefined);
  return {
    noStore: has('no-store'),
    noCache: has('no-cache'),
    isPrivate: has('private'),
    isPublic: has('public'),
    mustRevalidate: has('must-revalidate') || has('proxy-revalidate'),
    onlyIfCached: has('only-if-cached'),
    maxAgeMs: ms('max-age'),
    sharedMaxAgeMs: ms('s-maxage'),
    minFreshMs: ms('min-fresh'),
    maxStaleMs: ms('max-stale'),
    staleWhileRevalidateMs: ms('stale-while-revalidate'),
    staleIfErrorMs: ms('stale-if-error'),
  };
}

/** Delta-seconds (1.2.2); more than fits counts as 2^31. Undefined: it is none. */
function durationOf(argument: string | undefined): number | undefined {
  if (argument === undefined || !/^[0-9]+$/.test(argument)) return undefined;
  return Math.min(Number(argument), 2 ** 31) * 1000;
}

/** A name, with an argument in quotes or without. A quoted string is read as a whole: it may hold commas. */
const DIRECTIVE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g;
