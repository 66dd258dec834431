import { describe } from '@islet/spec';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { noSuchService } from '../failures.ts';
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
  if (chosen.length === 0 && service !== undefined)
    throw noSuchService(
      service,
      services.map(({ name }) => name),
    );
  const described = chosen.map((one) => ({ service: one.name, values: describe(one) }));
  const { stdout } = context;
  if (options.json) writeJson(stdout, described);
  else
    for (const { service: name, values } of described)
      writeLines(stdout, [...renderDescription(name, values, stdout.colours), '']);
  return EXIT.ok;
}
