import type { z } from 'zod';
import type { SpecError } from './errors.ts';
import { type Checking, type Finding, findingsOf } from './issues.ts';
import { LIMITS } from './limits.ts';
import { type Located, nodeAt, type Path, pathText, plainOf, replaceAt, writtenPath } from './located.ts';
import { own } from './own.ts';

export interface Checked<T> {
  /** What is sound, defaults filled in. With errors, only good for finding more of them. */
  readonly value: T | undefined;
  /** What `value` was read from. */
  readonly tree: Located;
  readonly errors: readonly SpecError[];
  /** Paths of what was found wrong and left out: what they lack is not another mistake. */
  readonly dropped: readonly Path[];
}

/**
 * Checks a tree against a schema and finds every mistake, also those that others hide.
 *
 * A schema stops early: rules over a whole section run only once each part of it is sound, and rules over services only
 * where the whole file is. So whatever is found wrong is left out, or replaced by a stand-in where it is required, and
 * the rest is checked again. Complaints that only repeat what was left out (its section now lacks it) are not new. Each
 * pass makes the tree smaller, and passes are bounded besides.
 */
export function check<S extends z.ZodType>(
  schema: S,
  start: Checking & { readonly standIns: Readonly<Record<string, Located>> },
): Checked<z.output<S>> {
  let { tree } = start;
  const errors: SpecError[] = [];
  const dropped: Path[] = [];

  for (let pass = 0; pass < LIMITS.passes; pass += 1) {
    const result = schema.safeParse(plainOf(tree));
    if (result.success) return { value: result.data, tree, errors, dropped };
    const findings = result.error.issues.flatMap((issue) => findingsOf(issue, { ...start, tree }));
    const asWritten = ({ drop }: Finding) => writtenPath(tree, drop);
    const fresh = onePerValue(withoutEchoes(findings)).filter(
      (finding) => !dropped.some((path) => isWithin(path, asWritten(finding))),
    );
    errors.push(...fresh.map((finding) => finding.error));
    dropped.push(...fresh.map(asWritten));
    tree = leaveOut(tree, findings, start.standIns);
  }
  return { value: undefined, tree, errors, dropped };
}

/** A key that was only misspelt is not missing besides. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const misspelt = findings.filter(({ error }) => error.rule === 'unknown-key');
  const isEcho = ({ error, drop }: Finding) =>
    error.rule === 'required' &&
    misspelt.some((other) => isMeant(other.error, drop.at(-1)) && isWithin(other.drop, drop.slice(0, -1)));
  return findings.filter((finding) => !isEcho(finding));
}

/** `-1.5` is neither whole nor positive; the first complaint is enough. */
function onePerValue(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.toReversed().map((finding) => [pathText(finding.drop), finding])).values()].toReversed();
}

function isMeant({ hint }: SpecError, key: PropertyKey | undefined): boolean {
  return hint === `did you mean "${String(key)}"?`;
}

function leaveOut(tree: Located, findings: readonly Finding[], standIns: Readonly<Record<string, Located>>): Located {
  const wrong = findings.map(({ drop }) => {
    const standIn = own(standIns, pathText(drop));
    const isMissing = standIn === undefined && nodeAt(tree, drop) === undefined;
    // A missing key that has no stand-in takes its section with it.
    return { path: isMissing ? drop.slice(0, -1) : drop, standIn };
  });
  return lastFirst(wrong).reduce((rest, { path, standIn }) => replaceAt(rest, path, standIn), tree);
}

/**
 * Items leave a list from its end, so that the others keep their numbers; what was in a section that left is gone
 * already.
 */
function lastFirst<T extends { readonly path: Path }>(wrong: readonly T[]): readonly T[] {
  const lastNumber = ({ path }: T) => Number(path.findLast((key) => typeof key === 'number') ?? -1);
  const byPath = new Map(wrong.map((one) => [pathText(one.path), one]));
  return [...byPath.values()].sort((a, b) => lastNumber(b) - lastNumber(a));
}

/** `path` is `outer`, or lies in it. */
function isWithin(path: Path, outer: Path): boolean {
  return outer.every((key, index) => path[index] === key);
}
