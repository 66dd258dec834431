/** Durations, sizes and cores, as they are written and as they are counted. */

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const UNITS_BYTES = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const;

export const DURATION = /^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$/;
export const SIZE = /^([1-9][0-9]{0,14})(|Ki|Mi|Gi|Ti)$/;
export const MILLICORES = /^([1-9][0-9]{0,6})m$/;

/** `2m` is 120000. Takes only what `DURATION` matches. */
export function durationMs(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** 120000 is `2m`: the largest unit that leaves nothing over. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  const unit = largestOf(UNITS_MS, ms);
  return `${ms / UNITS_MS[unit]}${unit}`;
}

/** `256Mi` is 268435456. Takes only what `SIZE` matches. */
export function sizeBytes(text: string): number {
  const [, count, unit] = SIZE.exec(text) ?? [];
  return Number(count) * UNITS_BYTES[unit as keyof typeof UNITS_BYTES];
}

export function sizeText(bytes: number): string {
  const unit = largestOf(UNITS_BYTES, bytes);
  return `${bytes / UNITS_BYTES[unit]}${unit}`;
}

/** For people: `2.0 GiB`, `17 MiB`. */
export function roundSizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), ROUND_UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${ROUND_UNITS[power]}`;
}

const ROUND_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `500m` is 0.5. Takes only what `MILLICORES` matches. */
export function cores(text: string): number {
  return Number(MILLICORES.exec(text)?.[1]) / 1000;
}

function largestOf<U extends string>(units: Readonly<Record<U, number>>, amount: number): U {
  const names = Object.keys(units) as U[];
  return names.filter((name) => amount % units[name] === 0).at(-1) ?? (names[0] as U);
}
