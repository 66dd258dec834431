import type { Span } from '@islet/client';

/** The spans that are nobody's child among these. */
export function roots(spans: readonly Span[]): readonly Span[] {
  const known = new Set(spans.map(({ span }) => span));
  return spans.filter(({ parent }) => parent === undefined || !known.has(parent));
}

/**
 * Whether every span is there up to the first, which is nobody's child at all. Each process sends its spans when it has some
 * together, and the proxy tells of a request when it is over: so a caller's may come long after those of whom it called, and
 * what has come first looks like several traces, or like one that begins in the middle.
 */
export function isWhole(spans: readonly Span[]): boolean {
  const [first, ...others] = roots(spans);
  return first !== undefined && first.parent === undefined && others.length === 0;
}
