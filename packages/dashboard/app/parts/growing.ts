import { useDeferredValue } from 'react';

/** As many rows as a window shows. */
const AT_ONCE = 25;

/**
 * A long list as a page that stays quick draws it: what a window shows is there at once, and the rest, and whatever changes
 * later, is drawn between what a person does (React's deferred values). Without it, each push of a hundred rows keeps clicks waiting.
 */
export function useGrowing<T>(rows: readonly T[]): readonly T[] {
  return useDeferredValue(rows, rows.length > AT_ONCE ? rows.slice(0, AT_ONCE) : rows);
}
