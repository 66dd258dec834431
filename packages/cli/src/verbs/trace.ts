import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderWaterfall } from '../render/waterfall.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  id: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const trace = await session.client.trace({ trace: id.toLowerCase() }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, trace);
  else writeLines(stdout, renderWaterfall(trace, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return EXIT.ok;
}
