import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderCopies } from '../render/backups.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const copies = await session.client.backupList({ service }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, copies);
  else if (copies.length === 0) writeLines(stdout, [`There is no backup of ${service} yet.`]);
  else writeLines(stdout, renderCopies(copies, { columns: stdout.terminal?.columns, paintHeader: stdout.colours.dim }));
  return EXIT.ok;
}
