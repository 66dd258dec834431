import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly redis?: true; readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const access = await session.client.database(
    { service, ...(options.redis && { store: 'redis' }) },
    { signal: context.signal },
  );
  if (options.json) writeJson(context.stdout, access);
  else writeLines(context.stdout, [access.url]);
  return EXIT.ok;
}
