import { type Context, writeJson } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export async function run({ stdout, version }: Context, options: { readonly json?: true }): Promise<ExitCode> {
  if (options.json) writeJson(stdout, { islet: version, node: process.versions.node });
  else stdout.write(`${version}\n`);
  return EXIT.ok;
}
