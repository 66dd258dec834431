import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly for: number; readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { token } = await session.client.explainToken({ forMs: options.for }, { signal: context.signal });
  if (options.json) writeJson(context.stdout, { token });
  else writeLines(context.stdout, [token]);
  return EXIT.ok;
}
