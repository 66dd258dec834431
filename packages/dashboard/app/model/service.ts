import type { Annotation, Decision, EffectiveValue, Series } from '@islet/client/browser';

/** Values by the section of the file that they belong to, in the order of the reference. */
export interface Section {
  readonly name: string;
  readonly values: readonly EffectiveValue[];
}

export function sectionsOf(values: readonly EffectiveValue[]): readonly Section[] {
  const sections = new Map<string, EffectiveValue[]>();
  for (const value of values) {
    const [first = ''] = value.path.split(/[.[]/);
    const name = value.path.includes('.') || value.path.includes('[') ? first : 'service';
    sections.set(name, [...(sections.get(name) ?? []), value]);
  }
  return [...sections].map(([name, inside]) => ({ name, values: inside }));
}

export function valueText(value: EffectiveValue['value']): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** Where a value comes from: of the service's own file, which the page names, the line is enough. */
export function originText(from: string | undefined, file: string): string {
  if (from === undefined) return 'default';
  return from.startsWith(`${file}:`) ? `line ${from.slice(file.length + 1)}` : from;
}

/** What happened to a service, from the telemetry store or, where there is none, from what was decided. */
export function marksOf(
  annotations: readonly Annotation[] | undefined,
  decisions: readonly Decision[] | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): readonly Annotation[] {
  const all = annotations ?? decisions ?? [];
  return all.filter(({ at, kind }) => at >= from && at <= to && MARKED.test(kind)).map(plain);
}

/** What may explain a bend in a curve. */
const MARKED = /^(applied|promoted|failed|advanced|ended|killed|scaled|drill|drilled|restored|migrated|proxy-died)$/;

function plain({ at, service, kind, text }: Annotation | Decision): Annotation {
  return { at, kind, text, ...(service === undefined ? {} : { service }) };
}

/** Columns for a chart: the instants of all series, and each one's values at them. */
export function columnsOf(series: readonly Series[]): { readonly at: number[]; readonly values: (number | null)[][] } {
  const instants = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const values = series.map(({ points }) => {
    const known = new Map(points);
    return instants.map((at) => known.get(at) ?? null);
  });
  return { at: instants, values };
}

/** What tells a series from its neighbours. */
export function seriesName({ labels }: Series, fallback: string): string {
  const parts = Object.entries(labels).flatMap(([key, value]) => (key === 'service' ? [] : [value]));
  return parts.join(' · ') || fallback;
}

/** The last value that is known. */
export function lastOf({ points }: Series): number | undefined {
  for (let index = points.length - 1; index >= 0; index--) {
    const value = points[index]?.[1];
    if (value !== null && value !== undefined) return value;
  }
  return undefined;
}
