import leven from 'leven';

/** The candidate that a slip of the fingers is most likely to have meant; undefined where none is near. */
export function nearest(found: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = slips(found.toLowerCase(), candidate.toLowerCase());
    if (distance <= allowed(candidate) && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** Two neighbours changed about are one slip of the fingers, though two edits. */
function slips(found: string, candidate: string): number {
  const at = [...found].findIndex((letter, index) => letter !== candidate[index]);
  const swapped = `${found.slice(0, at)}${found[at + 1] ?? ''}${found[at] ?? ''}${found.slice(at + 2)}`;
  return at >= 0 && swapped === candidate ? 1 : leven(found, candidate);
}

/** One slip in three letters, two in six, three in nine: more is another word. */
function allowed(candidate: string): number {
  return Math.min(3, Math.ceil(candidate.length / 3));
}

export function didYouMean(found: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(found, candidates);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

/** "did you mean …", or the whole list where it is short enough to read. */
export function oneOf(found: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  return didYouMean(found, candidates) ?? (candidates.length <= 12 ? `there is ${candidates.join(', ')}` : undefined);
}
