import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderDiagnosis } from '../render/diagnosis.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const diagnosis = await session.client.diagnose({}, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, diagnosis);
  else writeLines(stdout, renderDiagnosis(diagnosis, { colours: stdout.colours, columns: stdout.terminal?.columns }));
  return EXIT.ok;
}
