import { describe } from '@islet/spec';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { parseFolder } from '../offline.ts';
import { renderDescription } from '../render/description.ts';
import { findSystem } from '../system.ts';
import type { CheckOptions } from './check.ts';

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: CheckOptions,
): Promise<ExitCode> {
  const system = findSystem(context, { folder });
  const { services } = parseFolder(system.folder, options.env).spec;
  const chosen = services.filter(({ name }) => service === undefined || name === service);
  if (chosen.length === 0)
    throw new UsageError(`no service is called ${service}`, `there are ${services.map(({ name }) => name).join(', ')}`);
  const described = chosen.map((one) => ({ service: one.name, values: describe(one) }));
  const { stdout } = context;
  if (options.json) writeJson(stdout, described);
  else
    for (const { service: name, values } of described)
      writeLines(stdout, [...renderDescription(name, values, stdout.colours), '']);
  return EXIT.ok;
}
