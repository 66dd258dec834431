import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { isRefused, renderMigrations } from '../render/migrations.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const preview = await session.client.migrations({ service }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, preview);
  else writeLines(stdout, renderMigrations(preview, stdout.colours));
  return isRefused(preview) ? EXIT.failed : EXIT.ok;
}
