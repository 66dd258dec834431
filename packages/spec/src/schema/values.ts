import { z } from 'zod';
import { type Default, SERVICE_DEFAULTS, type ServiceDefault, SYSTEM_DEFAULTS } from '../defaults.ts';
import { LIMITS } from '../limits.ts';
import { cores, DURATION, durationMs, durationText, MILLICORES, SIZE, sizeBytes } from '../quantities.ts';

/** The kinds of value that sections are made of. Each message is a sentence that stands on its own. */

export const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const SECRET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RELATIVE = /^[^/]/;

export const NAME_RULE = 'a name has 1 to 40 lower-case letters, digits and "-", and begins with a letter';
export const DURATION_RULE = 'a duration is a whole number and a unit: 500ms, 30s, 2m, 24h, 7d';
export const SIZE_RULE = 'a size is a number of bytes, or 512Ki, 256Mi, 1Gi';
const PERCENT = /^(0|[1-9][0-9]{0,2})%$/;
export const PERCENT_RULE = 'a percentage is a whole number and its sign: 20%';
const OBJECTIVE = /^(0|[1-9][0-9]{0,2})(\.[0-9]{1,3})?%$/;
export const OBJECTIVE_RULE = 'an objective is a percentage: 99%, 99.9%';
export const CPU_RULE = 'cores are a number, 0.5 or 2, or thousandths, 500m';

export const name = () => z.string(NAME_RULE).regex(NAME, NAME_RULE);

export const secretName = () =>
  z.string().regex(SECRET, 'a secret\'s name has 1 to 63 letters, digits, ".", "_" and "-"');

export const envName = () =>
  z.string().regex(ENV_NAME, 'a variable\'s name has letters, digits and "_", and does not begin with a digit');

/** Of an HTTP field or a cookie: a token of RFC 9110, 5.6.2. */
export const headerName = () =>
  z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/, 'a header or cookie has a name without spaces or separators');

/** A command for the shell. */
export const command = () => z.string().regex(/\S/, "a command can't be empty").meta({ title: 'command' });

export const relativePath = () =>
  z.string().regex(RELATIVE, 'a path is relative to the folder of its file').meta({ title: 'path' });

export const port = () => z.int('a port is a whole number').min(1).max(65_535).meta({ title: 'port' });

export const count = (least: number, most = 1000) => z.int('expected a whole number').min(least).max(most);

/** A number, or the word that leaves it to Islet. */
export const countOr = <W extends string>(word: W, number: ReturnType<typeof count>) =>
  z.union([z.literal(word), number], { error: `expected ${word} or a whole number` });

export const duration = (leastMs = 0, mostMs: number = LIMITS.longestMs) =>
  z
    .string(DURATION_RULE)
    .regex(DURATION, DURATION_RULE)
    .refine((text) => durationMs(text) >= leastMs, `must be at least ${durationText(leastMs)}`)
    .refine((text) => durationMs(text) <= mostMs, `must be at most ${durationText(mostMs)}`)
    .transform(durationMs)
    .meta({ title: 'duration' });

/** A duration of a millisecond or more, or the word for another rule. */
export const durationOr = <W extends string>(word: W) =>
  z
    .union([z.literal(word), duration(1)], { error: `${DURATION_RULE}; or ${word}` })
    .meta({ title: `duration, or ${word}` });

export const size = ({ least = '1Mi', most = '1Ti' }: { readonly least?: string; readonly most?: string } = {}) =>
  z
    .union([z.int().min(1), z.string().regex(SIZE, SIZE_RULE)], { error: SIZE_RULE })
    .transform((written) => (typeof written === 'number' ? written : sizeBytes(written)))
    .refine((bytes) => bytes >= sizeBytes(least), `must be at least ${least}`)
    .refine((bytes) => bytes <= sizeBytes(most), `must be at most ${most}`)
    .meta({ title: 'size' });

/** A size, or a word that stands for none. */
export const sizeOr = (word: string, bounds: Parameters<typeof size>[0]) =>
  z.union([z.literal(word), size(bounds)], { error: `${SIZE_RULE}; or ${word}` }).meta({ title: `size, or ${word}` });

export const cpu = () =>
  z
    .union([z.number().positive().max(1024), z.string().regex(MILLICORES, CPU_RULE)], { error: CPU_RULE })
    .transform((written) => (typeof written === 'number' ? written : cores(written)))
    .meta({ title: 'cores' });

/** Between nothing and all, as a number of hundredths. */
export const percent = (least = 0) =>
  z
    .string(PERCENT_RULE)
    .regex(PERCENT, PERCENT_RULE)
    .transform((text) => Number(text.slice(0, -1)))
    .refine((value) => value >= least && value <= 100, `must be from ${least}% to 100%`)
    .meta({ title: 'percentage' });

/** A share that is promised: of all, but not all of them, with up to three decimals. */
export const objective = () =>
  z
    .string(OBJECTIVE_RULE)
    .regex(OBJECTIVE, OBJECTIVE_RULE)
    .transform((text) => Number(text.slice(0, -1)))
    .refine(
      (value) => value >= 50 && value < 100,
      'must be from 50% to below 100%: nothing is promised of every request',
    )
    .meta({ title: 'percentage' });

/** A section, or the word that switches off what it describes. */
export const orOff = <S extends z.ZodObject>(section: S) =>
  z.union([z.literal('off'), section], { error: 'expected "off" or a section of keys' });

/** A list in which nothing stands twice. */
export const distinct = <S extends z.ZodType<string>>(item: S) =>
  z.array(item).superRefine((items, context) => {
    for (const [index, text] of items.entries()) {
      if (items.indexOf(text) === index) continue;
      context.addIssue({
        code: 'custom',
        message: `"${text}" stands twice`,
        path: [index],
        params: { hint: 'keep one' },
      });
    }
  });

/** Fills in a service's default, from the one table of them. */
export function byDefault<S extends z.ZodType>(path: ServiceDefault, schema: S): z.ZodPrefault<S> {
  return filled(SERVICE_DEFAULTS[path], schema);
}

export function bySystemDefault<S extends z.ZodType>(path: keyof typeof SYSTEM_DEFAULTS, schema: S): z.ZodPrefault<S> {
  return filled(SYSTEM_DEFAULTS[path], schema);
}

/** The table's values are as written, so they go through the schema as a file's would; a test parses every one. */
function filled<S extends z.ZodType>({ value }: Default, schema: S): z.ZodPrefault<S> {
  return schema.prefault((Array.isArray(value) ? [...value] : value) as z.util.NoUndefined<z.input<S>>);
}
