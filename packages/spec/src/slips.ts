import type { LocatedScalar } from './located.ts';
import { durationText } from './quantities.ts';
import { PATH_RULE } from './schema/expose.ts';
import { SHIFT_RULE } from './schema/rollout.ts';
import { OFF_OR_OBJECTIVE } from './schema/slo.ts';
import { CPU_RULE, DURATION_RULE, NAME_RULE, OBJECTIVE_RULE, PERCENT_RULE, SIZE_RULE } from './schema/values.ts';

/** What a value that breaks one of the rules of quantities and names was probably meant to be. */
export function slipOf(rule: string, { text, value }: LocatedScalar): string | undefined {
  const isBare = typeof value === 'number';
  // Where a word may stand for it, the rule goes on.
  switch (rule.startsWith(DURATION_RULE) ? DURATION_RULE : rule) {
    case DURATION_RULE:
      return isBare ? `write its unit: ${text}s` : meant(durationIn(text));
    case SIZE_RULE:
      return meant(sizeIn(text));
    case PERCENT_RULE:
    case OBJECTIVE_RULE:
    case OFF_OR_OBJECTIVE:
    case SHIFT_RULE:
      return isBare
        ? `write its sign: ${percentIn(text)}`
        : meant(WITH_SPACE.test(text) ? text.replace(/\s/g, '') : undefined);
    case CPU_RULE:
      return meant(coresIn(text));
    case NAME_RULE:
      return meant(nameIn(text));
    case PATH_RULE:
      return meant(text.startsWith('/') || /[\s:*?#]/.test(text) ? undefined : `/${text}`);
    default:
      // Of bytes: nobody means so few.
      return isBare && LEAST_SIZE.test(rule) ? `write its unit: ${text}Mi` : undefined;
  }
}

const WITH_SPACE = /^[0-9.]+\s+%$/;
const LEAST_SIZE = /^must be at least [0-9]+[KMG]i$/;

function meant(text: string | undefined): string | undefined {
  return text && `did you mean "${text}"?`;
}

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(ms|msecs?|millis|milliseconds?)$/i, 1],
  [/^(s|secs?|seconds?)$/i, 1_000],
  [/^(m|mins?|minutes?)$/i, 60_000],
  [/^(h|hrs?|hours?)$/i, 3_600_000],
  [/^(d|days?)$/i, 86_400_000],
  [/^(w|wks?|weeks?)$/i, 604_800_000],
];

/** `10sec`, `2 minutes`, `1.5s` and `1h30m`. */
function durationIn(text: string): string | undefined {
  if (!/^(\s*[0-9]+(\.[0-9]+)?\s*[a-z]+)+$/i.test(text) || text.length > 30) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(/([0-9.]+)\s*([a-z]+)/gi)) {
    const ms = UNIT_MS.find(([name]) => name.test(unit))?.[1];
    if (ms === undefined) return undefined;
    sum += Number(count) * ms;
  }
  return Number.isSafeInteger(sum) ? durationText(sum) : undefined;
}

/** `256MB`, `256 mb` and `1G`. */
function sizeIn(text: string): string | undefined {
  const [, count, unit = ''] = /^([1-9][0-9]*)\s*([kmgt])(i?b?|b)$/i.exec(text) ?? [];
  return count && `${count}${unit.toUpperCase()}i`;
}

/** A share of one that was written as such. */
function percentIn(text: string): string {
  const value = Number(text);
  return value > 0 && value < 1 ? `${Number((value * 100).toFixed(3))}%` : `${text}%`;
}

/** Half a core as `50%`. */
function coresIn(text: string): string | undefined {
  const [, percent] = /^([1-9][0-9]*)\s*%$/.exec(text) ?? [];
  return percent && String(Number(percent) / 100);
}

function nameIn(text: string): string | undefined {
  const near = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
  return near === '' ? undefined : near;
}
