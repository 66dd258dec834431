import { type Draft, errorIn } from './draft.ts';
import type { SpecError } from './errors.ts';
import type { CutEdge } from './model.ts';

/**
 * Each cycle of `uses`, where it was cut: who starts there starts before what it uses. Of a cycle that is cut in a file
 * which nobody is told of, at what closes it in one that somebody is.
 */
export function cycleWarnings(
  drafts: readonly Draft[],
  { cuts, isTold }: { readonly cuts: readonly CutEdge[]; readonly isTold: (file: string) => boolean },
): readonly SpecError[] {
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  return cuts.flatMap(({ from, to, cycle }) => {
    const edges = cycle.slice(1).map((name, index) => ({ draft: byName.get(cycle[index] ?? ''), name }));
    const edge = edges.findLast(({ draft }) => draft !== undefined && isTold(draft.file));
    if (edge?.draft === undefined) return [];
    const index = edge.draft.parsed?.uses.indexOf(edge.name) ?? 0;
    const message = `${cycle.join(' → ')} is a cycle of uses: ${from} starts without waiting for ${to}`;
    const hint = `${from} must bear that ${to} is not there yet, or one of these uses has to go`;
    return [errorIn(edge.draft, ['uses', index], { rule: 'uses-cycle', message, found: edge.name, hint })];
  });
}
