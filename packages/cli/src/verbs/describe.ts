import { type Described, describe, describeSystem } from '@islet/spec';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { parseFolder } from '../offline.ts';
import { overrideOf, renderDescription } from '../render/description.ts';
import { findSystem } from '../system.ts';
import type { CheckOptions } from './check.ts';

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: CheckOptions & { readonly only?: string },
): Promise<ExitCode> {
  const system = findSystem(context, { folder });
  const { spec } = parseFolder(system.folder, options.env);
  const { services } = spec;
  const chosen = services.filter(({ name }) => service === undefined || name === service);
  if (chosen.length === 0)
    throw new UsageError(`no service is called ${service}`, `there are ${services.map(({ name }) => name).join(', ')}`);
  const whole = service === undefined ? [{ system: spec.name, values: describeSystem(spec) }] : [];
  const parts = [...whole, ...chosen.map((one) => ({ service: one.name, values: describe(one) }))];
  const told = parts.map((one) => ({ ...one, values: only(one.values, options.only) })).filter(hasValues);
  if (told.length === 0) throw new UsageError(`no value is called ${options.only}`, `there are ${keysOf(parts)}`);
  const { stdout } = context;
  if (options.json) writeJson(stdout, told);
  else
    for (const { values, ...who } of told) {
      const title = 'service' in who ? who.service : `system ${who.system}`;
      writeLines(stdout, [...renderDescription(title, values, stdout.colours), '']);
    }
  return EXIT.ok;
}

interface Values {
  readonly values: readonly Described[];
}

function hasValues({ values }: Values): boolean {
  return values.length > 0;
}

/** `run, run.command, …` is too much to choose from: sections, and of traffic its own. */
function keysOf(parts: readonly Values[]): string {
  const keys = parts
    .flatMap(({ values }) => values)
    .map(({ path }) => {
      return path.match(overrideOf(path) === undefined ? /^(traffic\.\w+|\w+)/ : /^traffic/)?.[0];
    });
  return [...new Set(keys)].join(', ');
}

/** Of a section, also what is otherwise for some routes and callers, with which ones. */
function only(values: readonly Described[], key: string | undefined): readonly Described[] {
  if (key === undefined) return values;
  const isMeant = (path: string) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
  const placed = values.map((value) => ({ value, override: overrideOf(value.path) }));
  const within = placed.filter(({ value: { path }, override = '' }) => {
    return isMeant(path) || (override !== '' && isMeant(`traffic${path.slice(override.length)}`));
  });
  const overrides = new Set(within.flatMap(({ override }) => override ?? []));
  return placed
    .filter((one) => within.includes(one) || overrides.has(one.value.path.replace(/\.match$/, '')))
    .map(({ value }) => value);
}
