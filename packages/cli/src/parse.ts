import { InvalidArgumentError } from 'commander';

/** Readers of option values; what they refuse is bad usage. */

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `10m`, `1h`, in milliseconds. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? Number.NaN);
  // A timer's longest wait; beyond it Node would not wait at all.
  if (!(ms > 0 && ms < 2 ** 31)) throw new InvalidArgumentError('It takes a number and a unit: 500ms, 30s, 10m, 1h.');
  return ms;
}

export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number of 0 or more.');
  return Number(text);
}

/** `Name: value`, collected when it is given more than once. */
export function collectHeader(line: string, before: readonly [string, string][] = []): readonly [string, string][] {
  const match = /^([^\s:]+):[ \t]*(.*)$/.exec(line);
  if (!match) throw new InvalidArgumentError('It takes `Name: value`.');
  return [...before, [match[1] ?? '', match[2] ?? '']];
}

const AGO_MS: Readonly<Record<string, number>> = { ...UNITS_MS, d: 86_400_000 };

/** `10m` (ago), `2026-11-27`, `2026-11-27T09:30` (here), `…Z`; in milliseconds since the epoch. */
export function parseInstantMs(text: string): number {
  const [, count, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count !== undefined) return Date.now() - Number(count) * (AGO_MS[unit] ?? Number.NaN);
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const at = /^\d{4}-\d\d-\d\d([T ]|$)/.test(text)
    ? Date.parse(isDate ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('It takes 10m (ago), 2026-11-27, or 2026-11-27T09:30.');
  return at;
}
