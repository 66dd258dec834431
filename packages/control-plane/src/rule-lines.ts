import type { Origin, ServiceSpec } from '@islet/spec';
import type { Applied } from './store/applied.ts';

/** Where the values of a service that stand in a file are written: `file:line` by path. All else is a default. */
export type RuleLines = Readonly<Record<string, string>>;

export function ruleLinesOf({ origins }: Pick<ServiceSpec, 'origins'>): RuleLines {
  const lines: Record<string, string> = {};
  for (const [path, origin] of origins) {
    if (origin.kind === 'file') lines[path] = lineText(origin);
  }
  return lines;
}

/**
 * Where a rule comes from. A rule such as `traffic.outlier.stall` has no value of its own: it stands where the nearest
 * part of a file does that it belongs to.
 */
export function ruleOrigin(rule: string, service: string | undefined, applied: Applied | undefined): string {
  const known = CALLERS[rule];
  if (known !== undefined) return known;
  const lines = service === undefined ? undefined : applied?.lines?.[service];
  if (lines === undefined) return 'not known any more';
  for (let path = rule; path.includes('.'); path = path.slice(0, path.lastIndexOf('.'))) {
    const found = lines[path] ?? Object.entries(lines).find(([other]) => isBelow(other, path))?.[1];
    if (found !== undefined) return found;
  }
  return 'default';
}

function isBelow(path: string, section: string): boolean {
  return path.startsWith(`${section}.`) || path.startsWith(`${section}[`);
}

function lineText({ place }: Extract<Origin, { kind: 'file' }>): string {
  return `${place.file}:${place.line}`;
}

/** What no file sets. */
const CALLERS: Readonly<Record<string, string>> = {
  deadline: "the caller's own x-islet-deadline-ms or grpc-timeout",
  drill: 'a drill that is being run',
};
