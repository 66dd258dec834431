import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderBackups } from '../render/backups.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const stores = await session.client.backups({}, { signal: context.signal });
  const { stdout } = context;
  const view = { columns: stdout.terminal?.columns, paintHeader: stdout.colours.dim, now: Date.now() };
  if (options.json) writeJson(stdout, stores);
  else if (stores.length === 0) writeLines(stdout, ['No service has a database or volumes.']);
  else writeLines(stdout, renderBackups(stores, view));
  return stores.some(({ problems }) => problems.length > 0) ? EXIT.failed : EXIT.ok;
}
