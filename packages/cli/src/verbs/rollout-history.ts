import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderHistory } from '../render/rollout.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { history } = await session.client.rollout({ service }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, history);
  else writeLines(stdout, renderHistory(history, { colours: stdout.colours, columns: stdout.terminal?.columns }));
  return EXIT.ok;
}
