/**
 * A path with names in it, such as `/orders/{id}/lines`: each name stands for one part between two `/`. One with `/**`
 * at its end also takes everything below. It is compared as written, but for a `/` at the end, which says nothing.
 */
export interface PathPattern {
  /** Undefined where a name stands. */
  readonly parts: readonly (string | undefined)[];
  readonly below: boolean;
}

export function parsePattern(text: string): PathPattern {
  const below = text === '/**' || text.endsWith('/**');
  const whole = below ? text.slice(0, -3) : text;
  const parts = whole === '' ? [] : whole.slice(1).split('/');
  return { parts: parts.map((part) => (/^\{\w+\}$/.test(part) ? undefined : part)), below };
}

/** What stands in `path` where the pattern has its first name; undefined: it does not match, or has no name. */
export function namedPart({ parts, below }: PathPattern, path: string): string | undefined {
  const length = path.length - (path.endsWith('/') ? 1 : 0);
  let found: string | undefined;
  let start = 1;
  for (const part of parts) {
    if (start > length) return undefined;
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? length : slash;
    if (part === undefined) {
      if (end === start) return undefined;
      found ??= path.slice(start, end);
    } else if (end - start !== part.length || !path.startsWith(part, start)) return undefined;
    start = end + 1;
  }
  return below || start > length ? found : undefined;
}
