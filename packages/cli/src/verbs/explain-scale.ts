import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderScaling } from '../render/scaling.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const scaling = await session.client.scaling({ service }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, scaling);
  else writeLines(stdout, renderScaling(scaling, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return EXIT.ok;
}
