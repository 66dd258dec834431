import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { InvalidSpec } from '../failures.ts';
import { parseFolder } from '../offline.ts';
import { renderPlaces } from '../render/spec-errors.ts';
import { findSystem } from '../system.ts';

export interface CheckOptions {
  readonly env?: string;
  readonly json?: true;
}

export async function run(context: Context, folder: string | undefined, options: CheckOptions): Promise<ExitCode> {
  const system = findSystem(context, { folder });
  if (options.json) return checkForProgram(context, system.folder, options);
  const { spec, warnings } = parseFolder(system.folder, options.env);
  const { stderr, stdout } = context;
  if (warnings.length > 0) {
    const places = renderPlaces(warnings, system.folder, stderr.colours);
    writeLines(stderr, [stderr.colours.yellow('warnings:'), places, '']);
  }
  const count = spec.services.length;
  writeLines(stdout, [`${spec.name}: ${count} ${count === 1 ? 'service' : 'services'}, no mistakes`]);
  return EXIT.ok;
}

function checkForProgram({ stdout }: Context, folder: string, { env }: CheckOptions): ExitCode {
  try {
    const { spec, warnings } = parseFolder(folder, env);
    writeJson(stdout, { ok: true, errors: [], warnings, cuts: spec.cuts });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof InvalidSpec)) throw error;
    writeJson(stdout, { ok: false, errors: error.errors, warnings: [] });
    return EXIT.usage;
  }
}
