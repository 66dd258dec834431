/** What a client says of the copy that it has (RFC 9110, 13.1). */
export interface Conditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/**
 * Whether the client's copy is the stored one: it is told so with 304 (13.2.2). A tag, where there is one, decides
 * alone.
 */
export function clientHasIt({ ifNoneMatch, ifModifiedSince }: Conditions, { etag, lastModified }: Validators): boolean {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return true;
    return etag !== undefined && [...ifNoneMatch.matchAll(TAG)].some(([tag]) => opaque(tag) === opaque(etag));
  }
  if (ifModifiedSince === undefined || lastModified === undefined) return false;
  return Date.parse(lastModified) <= Date.parse(ifModifiedSince);
}

/** The weak comparison (8.8.3.2). */
function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

export type ByteRange =
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' }
  /** No range, or one that need not be heeded: several at once, another unit, a copy that is not the same. */
  | { readonly kind: 'whole' };

/** The part of a stored body of `length` bytes that a request wants (14.2); only one range is served as a part. */
export function rangeOf(
  { range, ifRange }: { readonly range: string | undefined; readonly ifRange: string | undefined },
  { etag, lastModified, length }: Validators & { readonly length: number },
): ByteRange {
  const match = /^bytes=([0-9]*)-([0-9]*)$/.exec(range?.trim() ?? '');
  if (match === null) return WHOLE;
  const [, from = '', to = ''] = match;
  if (ifRange !== undefined && !isSame(ifRange, { etag, lastModified })) return WHOLE;
  if (from === '' && to === '') return WHOLE;
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return WHOLE;
  return first >= length || (from === '' && Number(to) === 0)
    ? { kind: 'unsatisfiable' }
    : { kind: 'part', first, last };
}

/** Bytes of two copies are only put together where the copies are the same to the bit (13.1.5). */
function isSame(ifRange: string, { etag, lastModified }: Validators): boolean {
  if (ifRange.startsWith('"')) return ifRange === etag;
  return !ifRange.startsWith('W/') && lastModified !== undefined && ifRange === lastModified;
}

const WHOLE: ByteRange = { kind: 'whole' };
