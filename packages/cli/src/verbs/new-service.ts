import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { InvalidSpec, UsageError } from '../failures.ts';
import { parseFolder } from '../offline.ts';
import { checkName } from '../scaffold/names.ts';
import { writeSchemas } from '../scaffold/schemas.ts';
import { type Lang, writeService } from '../scaffold/service.ts';
import { findSystem } from '../system.ts';

export async function run(
  context: Context,
  name: string,
  folder: string | undefined,
  { lang }: { readonly lang: Lang },
): Promise<ExitCode> {
  checkName(name, 'service');
  const system = findSystem(context, { folder });
  const taken = servicesOf(system.folder);
  if (taken?.includes(name)) throw new UsageError(`a service is called ${name} already`);
  const written = writeService({ systemFolder: system.folder, name, lang, path: `/${name}` });
  writeSchemas(system.folder);
  const { stdout, stderr, cwd } = context;
  writeLines(
    stdout,
    written.map((path) => relative(cwd, path)),
  );
  if (servicesOf(system.folder)?.includes(name) === false)
    writeLines(stderr, [`${stderr.colours.yellow('warning:')} islet.yaml does not name services/${name} yet`]);
  writeLines(stderr, ['', `${name} is made; \`islet up\` starts it, \`islet test ${name}\` runs its tests`]);
  return EXIT.ok;
}

/** Undefined: the system's files have mistakes, which are not this verb's to tell. */
function servicesOf(folder: string): readonly string[] | undefined {
  if (!existsSync(join(folder, 'services'))) return [];
  try {
    return parseFolder(folder).spec.services.map(({ name }) => name);
  } catch (error) {
    if (error instanceof InvalidSpec) return undefined;
    throw error;
  }
}
