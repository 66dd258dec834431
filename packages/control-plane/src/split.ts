import type { Split as PlannedSplit } from '@islet/plan';
import type { Split, SplitRule } from '@islet/policy';
import type { PreviewSpec } from '@islet/spec';

/**
 * A request that names a revision by this header gets it, while two of them serve. A revision's name is not to be guessed, so
 * clients may send it; what begins with `x-islet-` is taken from them.
 */
export const REVISION_HEADER = 'islet-revision';

/** A split as `plan` wants it, in the words of the proxy. */
export function routedSplit(
  { weights, stable, candidate, mirrorPercent }: PlannedSplit,
  preview: PreviewSpec | undefined,
): Split {
  const byName = [candidate, stable].map(
    (revision): SplitRule => ({ kind: 'header', name: REVISION_HEADER, value: revision, revision }),
  );
  return {
    weights,
    stable,
    rules: preview === undefined ? byName : [...byName, { ...preview, revision: candidate }],
    mirror: mirrorPercent === 0 ? undefined : { revision: candidate, percent: mirrorPercent },
  };
}

/** What the proxy has acknowledged, in the words of `plan`. */
export function plannedSplit({ weights, stable, rules, mirror }: Split): PlannedSplit {
  return { weights, stable, candidate: rules[0]?.revision ?? stable, mirrorPercent: mirror?.percent ?? 0 };
}
