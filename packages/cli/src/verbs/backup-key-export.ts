import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly again?: true; readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const { id, key } = await session.client.exportRecoveryKey(
    { again: options.again === true },
    { signal: context.signal },
  );
  if (options.json) writeJson(context.stdout, { id, key });
  else {
    writeLines(context.stdout, [key]);
    writeLines(context.stderr, [`This is recovery key ${id}. Keep it where this machine's loss does not reach it.`]);
  }
  return EXIT.ok;
}
